@echo off
rem Opens a window in this folder in which the command perfeval is known. Nothing but ASCII here.
setlocal DisableDelayedExpansion
title perfeval_xl
set "PYTHONUTF8=1"
if exist "%LOCALAPPDATA%\perfeval_xl\Scripts\perfeval.exe" set "PATH=%LOCALAPPDATA%\perfeval_xl\Scripts;%PATH%"
if exist "%~dp0.venv\Scripts\perfeval.exe" set "PATH=%~dp0.venv\Scripts;%PATH%"
rem pushd gives a network folder a drive letter, which cd cannot
pushd "%~dp0"
perfeval --help
cmd /k
