#ifndef CEREMONY_SHIM_H
#define CEREMONY_SHIM_H

#include <stddef.h>

#include "cryptoki.h"

/* Loads a module without initialising it; NULL with *rv, or with why. */
struct ck_function_list *shim_load(const char *path, ck_rv *rv, char *why, size_t size);

/* Says whether the list belongs to the library that opened the session. */
int shim_knows(struct ck_function_list *list, ck_ulong session, ck_ulong slot);

ck_rv shim_login(struct ck_function_list *list, ck_ulong session, ck_ulong user, const void *pin, ck_ulong length);

/* Reads one attribute in one call. */
ck_rv shim_attribute(struct ck_function_list *list, ck_ulong session, ck_ulong object, ck_ulong type,
	void *out, ck_ulong *length);

/* C_WrapKey in one call; OAEP is SHA-1 with an empty label, the AES key 256 bits. */
ck_rv shim_wrap(struct ck_function_list *list, ck_ulong session, ck_ulong mechanism,
	ck_ulong wrapping, ck_ulong key, void *out, ck_ulong *length);

#endif
