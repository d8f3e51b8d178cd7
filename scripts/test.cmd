@echo off
rem Runs what can be checked on Windows and ends with "N passed, N failed, N skipped"; fails when anything failed.
rem   scripts\test.cmd            static checks, then the tests of tests\wine\plan that need no compiler
rem   scripts\test.cmd WORD...    only the test files whose path contains one of the words; no static checks
setlocal
call "%~dp0setup.cmd"
if errorlevel 1 exit /b 125
cd /d "%~dp0.."
node_modules\bun\bin\bun.exe scripts\test_on_windows.ts %*
