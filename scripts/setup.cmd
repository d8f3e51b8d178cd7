@echo off
rem Puts the pinned Bun and every dependency of bun.lockb into node_modules, as scripts/setup does elsewhere. Silent and
rem quick when they are there. A bare machine needs git, and node with npm; a Bun of the pinned version on PATH does as well.
setlocal
cd /d "%~dp0.."
set "bun=node_modules\bun\bin\bun.exe"
set "stamp=node_modules\.proctor-setup"
set "busy=node_modules\.proctor-setup-busy"
set "log=node_modules\.proctor-setup.log"

rem What was installed last, by the size and the time of its list.
set "wanted="
for %%f in (bun.lockb) do set "wanted=%%~zf %%~tf"
if not exist "%bun%" goto install
if exist "%busy%" goto install
set "installed="
if exist "%stamp%" set /p installed=<"%stamp%"
if "%installed%"=="%wanted%" exit /b 0

:install
set "version="
for /f "tokens=1,2 delims=:, " %%a in (package.json) do if "%%~a"=="bun" if not "%%~b"=="" set "version=%%~b"
if not exist node_modules mkdir node_modules
if not exist node_modules goto unwritable
rem What an interrupted set-up left cannot be told from what it finished: all of it is installed anew.
echo.>"%busy%"
if not exist "%busy%" goto unwritable

set "installer="
if exist "%bun%" call :is_pinned "%bun%"
if not defined installer call :is_pinned bun
if defined installer goto dependencies

call npm --version >nul 2>&1
if errorlevel 1 goto no_npm
>&2 echo proctor: installing Bun %version% (npm)...
set "new=node_modules\.proctor-setup-npm"
if exist "%new%" rmdir /s /q "%new%"
mkdir "%new%"
call npm install --prefix "%new%" --ignore-scripts --include=optional --no-save --no-package-lock --no-audit --no-fund --no-update-notifier --fetch-retries=4 --fetch-retry-mintimeout=500 --fetch-retry-maxtimeout=4000 --loglevel=error bun@%version% <nul >"%log%" 2>&1
if errorlevel 1 goto npm_failed
rem npm runs no install script: the program is put in place here, of the packages the one that runs on this machine.
if not exist node_modules\bun\bin mkdir node_modules\bun\bin
for /d %%d in (%new%\node_modules\@oven\bun-windows-*) do call :put_in_place "%%d\bin\bun.exe"
rmdir /s /q "%new%"
set "installer="
if exist "%bun%" call :is_pinned "%bun%"
if not defined installer goto does_not_run

:dependencies
>&2 echo proctor: installing dependencies (bun.lockb)...
rem It replaces its own package while it runs, which a running program cannot be.
copy /y "%installer%" node_modules\.proctor-setup-bun.exe >nul 2>&1
if exist node_modules\.proctor-setup-bun.exe set "installer=node_modules\.proctor-setup-bun.exe"
"%installer%" install --frozen-lockfile --ignore-scripts --no-progress <nul >"%log%" 2>&1
if errorlevel 1 goto bun_failed
set "installer="
if exist "%bun%" call :is_pinned "%bun%"
if not defined installer for /d %%d in (node_modules\@oven\bun-windows-*) do call :put_in_place "%%d\bin\bun.exe"
if not exist "%bun%" if not exist node_modules\bun\bin mkdir node_modules\bun\bin
if not exist "%bun%" copy /y node_modules\.proctor-setup-bun.exe "%bun%" >nul
rem Only scripts\test.cmd needs Deno, and says so.
for /d %%d in (node_modules\@deno\win32-*) do copy /y "%%d\deno.exe" node_modules\deno\deno.exe >nul 2>&1
if exist node_modules\.proctor-setup-bun.exe del node_modules\.proctor-setup-bun.exe
if exist "%log%" del "%log%"
del "%busy%"
echo %wanted%>"%stamp%"
exit /b 0

:is_pinned
for /f %%v in ('%~1 --version 2^>nul') do if "%%v"=="%version%" set "installer=%~1"
exit /b 0

:put_in_place
if defined installer exit /b 0
copy /y %1 "%bun%" >nul 2>&1
call :is_pinned "%bun%"
exit /b 0

:unwritable
>&2 echo proctor: cannot write to node_modules of %CD%; run scripts\setup.cmd once as a user who can
exit /b 125
:no_npm
>&2 echo proctor: needs Bun %version%, or node and npm to install it (https://nodejs.org)
exit /b 125
:npm_failed
>&2 echo proctor: npm could not install Bun %version%; what it says is in %CD%\%log%
exit /b 125
:does_not_run
>&2 echo proctor: Bun %version% does not run on this machine
exit /b 125
:bun_failed
>&2 echo proctor: bun could not install the dependencies; what it says is in %CD%\%log%
exit /b 125
