/* The few PKCS #11 calls that the session's binding makes in another way than
 * a ceremony needs; see shim.go. */
#include "shim.h"

#include <stdio.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
static ck_get_function_list find_entry(const char *path, char *why, size_t size)
{
	HMODULE handle = LoadLibraryA(path);
	if (handle == NULL) {
		snprintf(why, size, "LoadLibrary: error %lu", (unsigned long)GetLastError());
		return NULL;
	}
	return (ck_get_function_list)(void *)GetProcAddress(handle, "C_GetFunctionList");
}
#else
#include <dlfcn.h>
static ck_get_function_list find_entry(const char *path, char *why, size_t size)
{
	ck_get_function_list entry = NULL;
	void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	if (handle == NULL) {
		snprintf(why, size, "%s", dlerror());
		return NULL;
	}
	*(void **)&entry = dlsym(handle, "C_GetFunctionList");
	return entry;
}
#endif

struct ck_function_list *shim_load(const char *path, ck_rv *rv, char *why, size_t size)
{
	struct ck_function_list *list = NULL;
	ck_get_function_list entry;

	why[0] = '\0';
	*rv = 0;
	entry = find_entry(path, why, size);
	if (entry == NULL) {
		if (why[0] == '\0')
			snprintf(why, size, "it has no function C_GetFunctionList");
		return NULL;
	}
	*rv = entry(&list);
	return *rv == 0 ? list : NULL;
}

int shim_knows(struct ck_function_list *list, ck_ulong session, ck_ulong slot)
{
	struct ck_session_info info;
	memset(&info, 0, sizeof info);
	return ((ck_get_session_info)list->C_GetSessionInfo)(session, &info) == 0 && info.slot == slot;
}

ck_rv shim_login(struct ck_function_list *list, ck_ulong session, ck_ulong user, const void *pin, ck_ulong length)
{
	return ((ck_login)list->C_Login)(session, user, pin, length);
}

ck_rv shim_attribute(struct ck_function_list *list, ck_ulong session, ck_ulong object, ck_ulong type,
	void *out, ck_ulong *length)
{
	struct ck_attribute a = {type, out, *length};
	ck_rv rv = ((ck_get_attribute_value)list->C_GetAttributeValue)(session, object, &a, 1);
	*length = a.length;
	return rv;
}

/* CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED with empty data. */
static struct ck_oaep_params oaep = {0x220, 1, 1, NULL, 0};
static struct ck_rsa_aes_params rsa_aes = {256, &oaep};

ck_rv shim_wrap(struct ck_function_list *list, ck_ulong session, ck_ulong mechanism,
	ck_ulong wrapping, ck_ulong key, void *out, ck_ulong *length)
{
	struct ck_mechanism m = {mechanism, NULL, 0};
	if (mechanism == 0x009) { /* CKM_RSA_PKCS_OAEP */
		m.parameter = &oaep;
		m.length = sizeof oaep;
	} else if (mechanism == 0x1054) { /* CKM_RSA_AES_KEY_WRAP */
		m.parameter = &rsa_aes;
		m.length = sizeof rsa_aes;
	}
	return ((ck_wrap_key)list->C_WrapKey)(session, &m, wrapping, key, out, length);
}
