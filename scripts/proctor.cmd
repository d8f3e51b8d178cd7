@echo off
rem proctor from the sources: the same as the compiled program, in the caller's directory and environment.
call "%~dp0setup.cmd"
if errorlevel 1 exit /b 125
rem The caller's .env and bunfig.toml are none of our business. Bun drops one "--" after the script's name: give it one.
"%~dp0..\node_modules\bun\bin\bun.exe" --no-env-file --config="%~dp0..\bunfig.toml" --no-install "%~dp0..\cli.ts" -- %*
