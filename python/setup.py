"""What pyproject.toml cannot say: the tag of a wheel that has a binary inside. scripts/build-wheels makes those."""

import os

from setuptools import Distribution, setup

# Here and not in pyproject.toml, which would take the place of those below.
entry_points = {"pytest11": ["proctor = proctor._pytest_plugin"]}
platform = os.environ.get("PROCTOR_WHEEL_PLATFORM")

if platform is None:
    setup(entry_points=entry_points)
else:
    try:
        from setuptools.command.bdist_wheel import bdist_wheel
    except ImportError:  # setuptools before 70.1
        from wheel.bdist_wheel import bdist_wheel

    class PlatformWheel(bdist_wheel):
        """For any Python 3, on one platform."""

        def get_tag(self):
            return "py3", "none", platform

    class BinaryDistribution(Distribution):
        """What holds a binary goes to where compiled things are."""

        def has_ext_modules(self):
            return True

    # Without a binary inside, a command of this name would find itself on PATH.
    setup(
        distclass=BinaryDistribution,
        cmdclass={"bdist_wheel": PlatformWheel},
        entry_points={**entry_points, "console_scripts": ["proctor = proctor.__main__:main"]},
    )
