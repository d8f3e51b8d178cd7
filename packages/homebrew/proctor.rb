# A formula of Homebrew; a release fills in its address, its version and its sums.
class Proctor < Formula
  desc "Exact cost of commands and services, and keeping them running"
  homepage "@HOME_URL@"
  version "@VERSION@"
  license "Apache-2.0"

  on_macos do
    on_arm do
      url "@RELEASE_URL@/proctor-darwin-arm64"
      sha256 "@SHA256_darwin-arm64@"
    end
    on_intel do
      url "@RELEASE_URL@/proctor-darwin-x64"
      sha256 "@SHA256_darwin-x64@"
    end
  end
  on_linux do
    on_arm do
      url "@RELEASE_URL@/proctor-linux-arm64"
      sha256 "@SHA256_linux-arm64@"
    end
    on_intel do
      url "@RELEASE_URL@/proctor-linux-x64-baseline"
      sha256 "@SHA256_linux-x64-baseline@"
    end
  end

  def install
    bin.install Dir["proctor-*"].first => "proctor"
    generate_completions_from_executable(bin/"proctor", "completion")
  end

  test do
    assert_match "exit code 3", shell_output("#{bin}/proctor run -- sh -c 'exit 3' 2>&1", 3)
  end
end
