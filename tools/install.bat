@echo off
rem Installs from the folder beside it, without network, for this user only.
rem Nothing but ASCII stands above the first chcp, so that cmd reads it alike in every code page.
setlocal DisableDelayedExpansion
title perfeval_xl
set "HERE=%~dp0."
set "TARGET=%LOCALAPPDATA%\perfeval_xl"
set "PIP_CONFIG_FILE=nul"
set "PYTHONUTF8=1"
set "CHECK=import struct, sys; v = '.'.join(map(str, sys.version_info[:2])); sys.exit(struct.calcsize('P') != 8 or v not in '@PYTHONS@'.split())"
set "FOUND="
for %%V in (@PYTHONS@) do (
  if not defined FOUND py -%%V -c "%CHECK%" >nul 2>nul && set "FOUND=py -%%V"
)
if defined FOUND goto install
python -c "%CHECK%" >nul 2>nul
if not errorlevel 1 set "FOUND=python"
if not defined FOUND goto missing

:install
%FOUND% -m venv --clear "%TARGET%"
if errorlevel 1 goto failed
"%TARGET%\Scripts\python.exe" -m pip install --no-index --find-links "%HERE%\wheels" --disable-pip-version-check perfeval-xl
if errorlevel 1 goto failed
"%TARGET%\Scripts\python.exe" -m perfeval_xl init
if errorlevel 1 goto failed
goto done

:done
chcp 65001 >nul
echo.
echo   装好了。工作文件夹“绩效复核”的位置见上面几行。
echo   把各单位填好的表放进里面的“收件”，再双击里面的 复核.bat。
echo.
pause
exit /b 0

:missing
chcp 65001 >nul
echo.
echo   这台电脑上没有合用的 Python（64 位，版本 @PYTHONS@）。
echo   请先双击同一文件夹里的 Python 安装程序（python-3 开头的 exe），装好后再双击本文件。
echo.
pause
exit /b 1

:failed
chcp 65001 >nul
echo.
echo   没有装成。上面几行英文说明了原因，请拍照发给技术人员。
echo   常见原因：复核的窗口还开着、文件夹没有解压全、杀毒软件拦截、磁盘已满。
echo.
pause
exit /b 1
