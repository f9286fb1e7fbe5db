/* Wraps a key again and again by the calls that Token.Wrap makes, in plain C
 * and in one process: the measure for the driver and its worker.
 *
 *   wrapbench MODULE INITARGS LABEL PIN KEY-ID MODULUS-HEX MECHANISM
 *
 * MECHANISM is 0x1054 for one step, else that of the second step. For each
 * line N on the standard input it wraps N times and prints the nanoseconds. */
#include "cryptoki.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BUFFER = 16 << 10 };

static struct ck_function_list *p11;
static ck_ulong session;
static unsigned char yes = 1, no = 0;

static void check(const char *what, ck_rv rv)
{
	if (rv != 0) {
		fprintf(stderr, "wrapbench: %s: 0x%lx\n", what, rv);
		exit(1);
	}
}

#define CALL(name, ...) check(#name, ((ck_rv (*)())p11->name)(__VA_ARGS__))

static void start(const char *module, const char *initargs, const char *label, const char *pin)
{
	struct { void *mutex[4]; ck_ulong flags; void *reserved; } args = {{0}, 2, *initargs ? (void *)initargs : NULL};
	ck_get_function_list entry = NULL;
	ck_ulong slots[32], count = 32, i;
	void *handle = dlopen(module, RTLD_NOW | RTLD_LOCAL);

	if (handle != NULL)
		*(void **)&entry = dlsym(handle, "C_GetFunctionList");
	check("load", entry != NULL ? entry(&p11) : 1);
	CALL(C_Initialize, &args);
	CALL(C_GetSlotList, (ck_ulong)1, slots, &count);
	for (i = 0; i < count; i++) {
		struct ck_token_info info;
		CALL(C_GetTokenInfo, slots[i], &info);
		if (memcmp(info.label, label, strlen(label)) == 0)
			break;
	}
	check("find the token", i == count);
	CALL(C_OpenSession, slots[i], (ck_ulong)6, NULL, NULL, &session);
	CALL(C_Login, session, (ck_ulong)1, pin, (ck_ulong)strlen(pin));
}

static ck_ulong load_kek(const char *hex)
{
	static unsigned char modulus[512], exponent[] = {1, 0, 1};
	ck_ulong class = 2, type = 0, n = strlen(hex) / 2, kek;
	struct ck_attribute t[] = {
		{0x000, &class, sizeof class}, {0x100, &type, sizeof type}, {0x001, &no, 1}, {0x002, &no, 1},
		{0x120, modulus, n}, {0x122, exponent, 3}, {0x106, &yes, 1}, {0x104, &no, 1}, {0x10A, &no, 1}};
	for (ck_ulong i = 0; i < n; i++)
		sscanf(hex + 2 * i, "%2hhx", &modulus[i]);
	CALL(C_CreateObject, session, t, (ck_ulong)9, &kek);
	return kek;
}

static ck_ulong find(ck_ulong class, const char *id)
{
	ck_ulong found[64], none[64], n = 0, end = 0;
	struct ck_attribute t[] = {{0x000, &class, sizeof class}, {0x102, (void *)id, strlen(id)}};
	CALL(C_FindObjectsInit, session, t, (ck_ulong)2);
	CALL(C_FindObjects, session, found, (ck_ulong)64, &n);
	if (n > 0)
		CALL(C_FindObjects, session, none, (ck_ulong)64, &end);
	CALL(C_FindObjectsFinal, session);
	return n == 1 ? found[0] : 0;
}

static void attribute(ck_ulong key, ck_ulong type)
{
	unsigned char value[1024];
	struct ck_attribute t = {type, value, sizeof value};
	((ck_rv (*)())p11->C_GetAttributeValue)(session, key, &t, (ck_ulong)1); /* NSS lacks one */
}

static ck_ulong wrapping_key(void)
{
	struct ck_mechanism m = {0x1080, NULL, 0};
	ck_ulong class = 4, type = 0x1F, bytes = 32, key;
	struct ck_attribute t[] = {
		{0x000, &class, sizeof class}, {0x100, &type, sizeof type}, {0x001, &no, 1}, {0x002, &yes, 1},
		{0x103, &yes, 1}, {0x162, &yes, 1}, {0x161, &bytes, sizeof bytes}, {0x106, &yes, 1},
		{0x107, &no, 1}, {0x104, &no, 1}, {0x105, &no, 1}};
	CALL(C_GenerateKey, session, &m, t, (ck_ulong)11, &key);
	return key;
}

static void wrap(ck_ulong kek, const char *id, ck_ulong mechanism)
{
	static unsigned char out[BUFFER];
	struct ck_oaep_params oaep = {0x220, 1, 1, NULL, 0};
	struct ck_rsa_aes_params rsa_aes = {256, &oaep};
	struct ck_mechanism first = {0x009, &oaep, sizeof oaep}, second = {mechanism, NULL, 0};
	ck_ulong aes, n = BUFFER, key = find(3, id);

	find(4, id);
	attribute(key, 0x162); /* CKA_EXTRACTABLE, WRAP_WITH_TRUSTED, KEY_TYPE, MODULUS */
	attribute(key, 0x210);
	attribute(key, 0x100);
	attribute(key, 0x120);
	if (mechanism == 0x1054) {
		second.parameter = &rsa_aes;
		second.length = sizeof rsa_aes;
		CALL(C_WrapKey, session, &second, kek, key, out, &n);
		return;
	}
	aes = wrapping_key();
	CALL(C_WrapKey, session, &first, kek, aes, out, &n);
	n = BUFFER;
	CALL(C_WrapKey, session, &second, aes, key, out, &n);
	CALL(C_DestroyObject, session, aes);
}

int main(int argc, char **argv)
{
	ck_ulong kek, mechanism;
	long rounds;

	check("arguments", argc != 8);
	start(argv[1], argv[2], argv[3], argv[4]);
	kek = load_kek(argv[6]);
	mechanism = strtoul(argv[7], NULL, 0);
	while (scanf("%ld", &rounds) == 1) {
		struct timespec from, to;
		clock_gettime(CLOCK_MONOTONIC, &from);
		for (long i = 0; i < rounds; i++)
			wrap(kek, argv[5], mechanism);
		clock_gettime(CLOCK_MONOTONIC, &to);
		printf("%lld\n", (to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec);
		fflush(stdout);
	}
	return 0;
}
