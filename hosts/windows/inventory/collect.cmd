@echo off
rem Writes what the scan needs of this host into the folder given (or vpatch-export): works on Windows XP and later.
rem Then, on any machine with vpatch:  vpatch scan --windows-export FOLDER
setlocal
set OUT=%~1
if "%OUT%"=="" set OUT=vpatch-export
if not exist "%OUT%" mkdir "%OUT%"
systeminfo > "%OUT%\systeminfo.txt"
wmic qfe list full > "%OUT%\qfe.txt" 2>nul
netstat -ano > "%OUT%\netstat.txt"
reg export "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion" "%OUT%\currentversion.reg" /y >nul 2>&1
reg export "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall" "%OUT%\uninstall.reg" /y >nul 2>&1
reg export "HKLM\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall" "%OUT%\uninstall32.reg" /y >nul 2>&1
reg export "HKLM\SOFTWARE\Microsoft\InetStp" "%OUT%\inetstp.reg" /y >nul 2>&1
reg export "HKLM\SOFTWARE\Microsoft\Office Server" "%OUT%\officeserver.reg" /y >nul 2>&1
echo written to %OUT%
