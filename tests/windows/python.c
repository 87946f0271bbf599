/* python.exe: the wheel that has Windows's Python as a DLL has no program to start it with. */
#include <windows.h>

int wmain(int count, wchar_t **words)
{
	HMODULE python = LoadLibraryW(L"python311.dll");
	int (*run)(int, wchar_t **) = python ? (int (*)(int, wchar_t **))(void *)GetProcAddress(python, "Py_Main") : NULL;

	return run ? run(count, words) : 99;
}
