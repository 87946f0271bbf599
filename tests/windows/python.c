/*
 * python.exe: the wheel that has Windows's Python as a DLL has no program to start it with. The file that BEGUN names
 * grows by a byte when it begins.
 */
#include <windows.h>

#define LONGEST 4096 /* characters */

static void tell(void)
{
	static wchar_t path[LONGEST];
	const DWORD length = GetEnvironmentVariableW(L"BEGUN", path, LONGEST);
	const DWORD shared = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
	HANDLE file;
	DWORD written;

	if (!length || length >= LONGEST)
		return;
	file = CreateFileW(path, FILE_APPEND_DATA, shared, NULL, OPEN_EXISTING, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return;
	WriteFile(file, "!", 1, &written, NULL);
	CloseHandle(file);
}

int wmain(int count, wchar_t **words)
{
	HMODULE python = LoadLibraryW(L"python311.dll");
	int (*run)(int, wchar_t **) = python ? (int (*)(int, wchar_t **))(void *)GetProcAddress(python, "Py_Main") : NULL;

	tell();
	return run ? run(count, words) : 99;
}
