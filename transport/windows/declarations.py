"""What of the Windows SDK is used, for cffi's ABI mode.

Types have fixed widths, so that the layouts are the same wherever this text is read; `tests/transport/windows` holds
them against the SDK's own headers. Names are the SDK's.
"""

from __future__ import annotations

from typing import Any, Final

from cffi import FFI

CONSTANTS: Final = {
    "GENERIC_READ": 0x80000000,
    "GENERIC_WRITE": 0x40000000,
    "FILE_SHARE_READ": 1,
    "FILE_SHARE_WRITE": 2,
    "OPEN_EXISTING": 3,
    "FSCTL_LOCK_VOLUME": 0x90018,
    "FSCTL_UNLOCK_VOLUME": 0x9001C,
    "FSCTL_DISMOUNT_VOLUME": 0x90020,
    "IOCTL_STORAGE_QUERY_PROPERTY": 0x2D1400,
    "IOCTL_STORAGE_GET_DEVICE_NUMBER": 0x2D1080,
    "StorageDeviceProperty": 0,
    "StorageAdapterProperty": 1,
    "DRIVE_CDROM": 5,
    "DIGCF_PRESENT": 2,
    "DIGCF_DEVICEINTERFACE": 16,
    "SPDRP_FRIENDLYNAME": 12,
    "ES_CONTINUOUS": 0x80000000,
    "ES_SYSTEM_REQUIRED": 1,
}
# Of a header that mingw-w64 has without them: ntddcdrm.h
CDROM_CONSTANTS: Final = {
    "IOCTL_CDROM_EXCLUSIVE_ACCESS": 0x2C05C,
    "ExclusiveAccessQueryState": 0,
    "ExclusiveAccessLockDevice": 1,
    "ExclusiveAccessUnlockDevice": 2,
    "CDROM_EXCLUSIVE_CALLER_LENGTH": 64,
}
STRUCTURES: Final = """
typedef struct {
    uint32_t PropertyId;
    uint32_t QueryType;
    uint8_t AdditionalParameters[1];
} STORAGE_PROPERTY_QUERY;

typedef struct {
    uint32_t Version;
    uint32_t Size;
    uint32_t MaximumTransferLength;
    uint32_t MaximumPhysicalPages;
    uint32_t AlignmentMask;
    uint8_t AdapterUsesPio;
    uint8_t AdapterScansDown;
    uint8_t CommandQueueing;
    uint8_t AcceleratedTransfer;
    uint8_t BusType;
    uint16_t BusMajorVersion;
    uint16_t BusMinorVersion;
    uint8_t SrbType;
    uint8_t AddressType;
} STORAGE_ADAPTER_DESCRIPTOR;

typedef struct {
    uint32_t Version;
    uint32_t Size;
    uint8_t DeviceType;
    uint8_t DeviceTypeModifier;
    uint8_t RemovableMedia;
    uint8_t CommandQueueing;
    uint32_t VendorIdOffset;
    uint32_t ProductIdOffset;
    uint32_t ProductRevisionOffset;
    uint32_t SerialNumberOffset;
    uint32_t BusType;
    uint32_t RawPropertiesLength;
    uint8_t RawDeviceProperties[1];
} STORAGE_DEVICE_DESCRIPTOR;

typedef struct {
    uint32_t DeviceType;
    uint32_t DeviceNumber;
    uint32_t PartitionNumber;
} STORAGE_DEVICE_NUMBER;

typedef struct {
    uint32_t Data1;
    uint16_t Data2;
    uint16_t Data3;
    uint8_t Data4[8];
} GUID;

typedef struct {
    uint32_t cbSize;
    GUID InterfaceClassGuid;
    uint32_t Flags;
    uintptr_t Reserved;
} SP_DEVICE_INTERFACE_DATA;

typedef struct {
    uint32_t cbSize;
    GUID ClassGuid;
    uint32_t DevInst;
    uintptr_t Reserved;
} SP_DEVINFO_DATA;
"""
CDROM_STRUCTURES: Final = """
typedef struct {
    uint32_t RequestType;
    uint32_t Flags;
} CDROM_EXCLUSIVE_ACCESS;

typedef struct {
    CDROM_EXCLUSIVE_ACCESS Access;
    char CallerName[64];
} CDROM_EXCLUSIVE_LOCK;

typedef struct {
    uint8_t LockState;
    char CallerName[64];
} CDROM_EXCLUSIVE_LOCK_STATE;
"""
KERNEL32: Final = """
void *WINAPI CreateFileW(const wchar_t *name, uint32_t access, uint32_t share, void *security, uint32_t disposition,
                         uint32_t flags, void *template);
int WINAPI DeviceIoControl(void *handle, uint32_t code, void *in, uint32_t in_size, void *out, uint32_t out_size,
                           uint32_t *returned, void *overlapped);
int WINAPI CloseHandle(void *handle);
uint32_t WINAPI GetLastError(void);
uint32_t WINAPI GetLogicalDrives(void);
uint32_t WINAPI GetDriveTypeW(const wchar_t *root);
uint32_t WINAPI SetThreadExecutionState(uint32_t state);
"""
SETUPAPI: Final = """
void *WINAPI SetupDiGetClassDevsW(const GUID *class, const wchar_t *enumerator, void *parent, uint32_t flags);
int WINAPI SetupDiEnumDeviceInterfaces(void *set, SP_DEVINFO_DATA *device, const GUID *class, uint32_t index,
                                       SP_DEVICE_INTERFACE_DATA *interface);
int WINAPI SetupDiGetDeviceInterfaceDetailW(void *set, SP_DEVICE_INTERFACE_DATA *interface, void *detail, uint32_t size,
                                            uint32_t *required, SP_DEVINFO_DATA *device);
int WINAPI SetupDiGetDeviceInstanceIdW(void *set, SP_DEVINFO_DATA *device, void *id, uint32_t size,
                                       uint32_t *required);
int WINAPI SetupDiGetDeviceRegistryPropertyW(void *set, SP_DEVINFO_DATA *device, uint32_t property, uint32_t *type,
                                             void *buffer, uint32_t size, uint32_t *required);
int WINAPI SetupDiDestroyDeviceInfoList(void *set);
"""
# Of our own DLL, native/src/spti.h
SPTI: Final = """
void *spti_new(void *handle, uintptr_t device_io_control, uintptr_t get_last_error, uint32_t alignment_mask,
               uint32_t max_transfer);
void spti_free(void *context);
void spti_submit(void *context, const void *command, void *answer);
"""

ffi: Any = FFI()
ffi.cdef(STRUCTURES + CDROM_STRUCTURES + KERNEL32 + SETUPAPI + SPTI)
