/* console.exe ctrl-c|ctrl-break|close|log-off|shutdown|session FILE PROGRAM ARGUMENTS…: runs a program on a console of its own,
   and once FILE is there has this event happen to it. Its exit code is the program's.

   The system tells a program of an event of its console by a thread of the program's that runs kernelbase's CtrlRoutine, and so
   does this: wine lets nobody cause most of them. “session” is what a program with a window is told of a log-off or a
   shutdown: messages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static BOOL CALLBACK end_session(HWND window, LPARAM wanted) {
    DWORD process;
    DWORD_PTR answer = 0;
    GetWindowThreadProcessId(window, &process);
    if (process == (DWORD)wanted) {
        SendMessageTimeoutW(window, WM_QUERYENDSESSION, 0, ENDSESSION_LOGOFF, 0, 5000, &answer);
        SendNotifyMessageW(window, WM_ENDSESSION, answer, ENDSESSION_LOGOFF);
    }
    return TRUE;
}

int main(int count, char **words) {
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process;
    char command[4096] = "";
    const char *event = count > 1 ? words[1] : "";
    BOOL happened;
    DWORD code;
    if (count < 4) return 2;
    startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    /* Wine has one that is none. */
    FreeConsole();
    AllocConsole();
    for (int word = 3; word < count; word++) {
        int length = (int)strlen(command);
        snprintf(command + length, sizeof command - length, "\"%s\" ", words[word]);
    }
    if (!CreateProcessA(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) {
        fprintf(stderr, "cannot run %s: %lu\n", command, GetLastError());
        return 2;
    }
    while (GetFileAttributesA(words[2]) == INVALID_FILE_ATTRIBUTES && WaitForSingleObject(process.hProcess, 50) == WAIT_TIMEOUT) {
    }
    if (strcmp(event, "session") == 0) {
        happened = EnumWindows(end_session, process.dwProcessId);
    } else {
        DWORD_PTR number = strcmp(event, "ctrl-c") == 0       ? CTRL_C_EVENT
                           : strcmp(event, "ctrl-break") == 0 ? CTRL_BREAK_EVENT
                           : strcmp(event, "close") == 0    ? CTRL_CLOSE_EVENT
                           : strcmp(event, "log-off") == 0  ? CTRL_LOGOFF_EVENT
                                                            : CTRL_SHUTDOWN_EVENT;
        FARPROC routine = GetProcAddress(GetModuleHandleA("kernelbase.dll"), "CtrlRoutine");
        happened = routine && CreateRemoteThread(process.hProcess, NULL, 0, (LPTHREAD_START_ROUTINE)(void *)routine, (void *)number, 0, NULL);
    }
    if (!happened) fprintf(stderr, "no %s: %lu\n", event, GetLastError());
    if (WaitForSingleObject(process.hProcess, 20000) != WAIT_OBJECT_0) {
        fprintf(stderr, "it goes on\n");
        TerminateProcess(process.hProcess, 99);
    }
    GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}
