@echo off
rem Double-click it, or drop a folder or a workbook on it.
rem Nothing but ASCII stands above the label "missing", so that cmd reads it alike in every code
rem page. What a person reads is written by the program, which needs no code page; only where there
rem is no program does this file speak for itself.
setlocal DisableDelayedExpansion
title perfeval_xl
set "HERE=%~dp0."
set "PYTHONUTF8=1"
set "FOUND="
for %%P in ("%HERE%\.venv\Scripts\python.exe" "%LOCALAPPDATA%\perfeval_xl\Scripts\python.exe") do (
  if not defined FOUND if exist "%%~P" set "FOUND=%%~P"
)
if defined FOUND goto run
python -c "import perfeval_xl" >nul 2>nul
if not errorlevel 1 set "FOUND=python"
if not defined FOUND goto missing

:run
"%FOUND%" -m perfeval_xl desk "%HERE%" "%~1"
set "CODE=%ERRORLEVEL%"
echo.
pause
exit /b %CODE%

:missing
chcp 65001 >nul
echo.
echo   没有找到复核程序。
echo   请先双击离线安装文件夹里的 安装.bat，装好以后再双击本文件。
echo.
pause
exit /b 1
