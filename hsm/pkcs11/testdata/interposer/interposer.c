/* A PKCS #11 module for tests. It stands between a program and a real module
 * (SoftHSM), injects faults, and wraps keys as other vendors' modules do, well
 * or badly. It is configured by its environment:
 *
 *   INTERPOSER_MODULE  path of the real module
 *   INTERPOSER_FAULT   FUNCTION:K:KIND[,...]: what the K-th call of a function
 *                      does instead. KIND is segv, abort, hang, spin, exit,
 *                      rv=NUMBER, or banner, which prints and goes on
 *   INTERPOSER_FLAGS   added to the flags of CK_TOKEN_INFO
 *   INTERPOSER_PIN     the PIN that the token's "PIN pad" enters
 *   INTERPOSER_SINGLE  if set, CKM_RSA_AES_KEY_WRAP is offered
 *   INTERPOSER_AES     bytes of its AES key, 32 if not set
 *   INTERPOSER_PAD     how keys are wrapped under AES: exact (RFC 5649), pkcs7,
 *                      kw (zeros, RFC 3394), tail (8 bytes too many), other
 *                      (another key); if not set, as the real module does
 *   INTERPOSER_SMALL   the least buffer that C_WrapKey accepts
 *   INTERPOSER_LONG    if set, C_WrapKey claims a length beyond its buffer
 *   INTERPOSER_TWO     if set, the first caller of C_GetFunctionList gets a
 *                      list of its own that is never initialised, as from
 *                      p11-kit-proxy
 *
 * It relies on calling conventions that pass eight words in registers or on a
 * stack that the caller cleans, as all systems of the tests do. */
#include "cryptoki.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS ck_ulong a, ck_ulong b, ck_ulong c, ck_ulong d, ck_ulong e, ck_ulong f, ck_ulong g, ck_ulong h
#define PASS a, b, c, d, e, f, g, h

enum { KEY_MAX = 4096, RSA_AES = 0x1054, OAEP = 0x9, KEY_WRAP_PAD = 0x210A, AES_ECB = 0x1081, AES_KEY_GEN = 0x1080 };

static struct ck_function_list *real, list, dud;

/* faults */

static void strike(const char *kind)
{
	volatile int *nowhere = NULL;
	if (strncmp(kind, "segv", 4) == 0)
		*nowhere = 1;
	if (strncmp(kind, "abort", 5) == 0)
		abort();
	if (strncmp(kind, "hang", 4) == 0)
		for (;;)
			pause();
	if (strncmp(kind, "spin", 4) == 0)
		for (volatile unsigned long n = 0;; n++)
			;
	if (strncmp(kind, "exit", 4) == 0)
		exit(0);
	if (strncmp(kind, "banner", 6) == 0) {
		printf("Vendor PKCS#11 library, evaluation licence\n");
		fflush(stdout);
	}
}

/* Counts the call and strikes if a fault is set for it. */
static ck_rv fault(const char *function, unsigned *count)
{
	const char *p = getenv("INTERPOSER_FAULT");
	size_t n = strlen(function);

	++*count;
	for (; p != NULL && *p != '\0'; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		char *kind;
		if (strncmp(p, function, n) != 0 || p[n] != ':')
			continue;
		if (strtoul(p + n + 1, &kind, 10) != *count || *kind != ':')
			continue;
		if (strncmp(kind + 1, "rv=", 3) == 0)
			return strtoul(kind + 4, NULL, 0);
		strike(kind + 1);
	}
	return 0;
}

#define X(name) \
	static ck_rv pass_##name(WORDS) \
	{ \
		static unsigned count; \
		ck_rv rv = fault(#name, &count); \
		return rv != 0 ? rv : real->name(PASS); \
	} \
	static ck_rv dud_##name(WORDS) \
	{ \
		(void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h; \
		return 0x190; /* CKR_CRYPTOKI_NOT_INITIALIZED */ \
	}
CK_FUNCTIONS(X)
#undef X

/* the token and its mechanisms */

static ck_rv my_GetTokenInfo(WORDS)
{
	const char *flags = getenv("INTERPOSER_FLAGS");
	ck_rv rv = pass_C_GetTokenInfo(PASS);
	if (rv == 0 && flags != NULL)
		((struct ck_token_info *)b)->flags |= strtoul(flags, NULL, 0);
	return rv;
}

static ck_rv my_GetMechanismList(WORDS)
{
	ck_ulong *mechanisms = (ck_ulong *)b, *count = (ck_ulong *)c, room = *count;
	ck_rv rv;
	if (getenv("INTERPOSER_SINGLE") == NULL)
		return pass_C_GetMechanismList(PASS);
	if (mechanisms != NULL)
		--*count;
	rv = pass_C_GetMechanismList(PASS);
	if (rv != 0)
		return rv;
	++*count;
	if (mechanisms != NULL && *count <= room)
		mechanisms[*count - 1] = RSA_AES;
	return 0;
}

static ck_rv my_GetMechanismInfo(WORDS)
{
	if (b == RSA_AES && getenv("INTERPOSER_SINGLE") != NULL) {
		struct ck_mechanism_info info = {2048, 4096, 0x20000}; /* CKF_WRAP */
		*(struct ck_mechanism_info *)c = info;
		return 0;
	}
	return pass_C_GetMechanismInfo(PASS);
}

static ck_rv my_Login(WORDS)
{
	const char *pin = getenv("INTERPOSER_PIN");
	if (c == 0 && pin != NULL) {
		c = (ck_ulong)pin;
		d = strlen(pin);
	}
	return pass_C_Login(PASS);
}

/* AES key wrap out of the real module's AES-ECB */

static ck_rv ecb(int encrypt, ck_ulong session, ck_ulong key, unsigned char block[16])
{
	struct ck_mechanism m = {AES_ECB, NULL, 0};
	unsigned char in[16];
	ck_ulong n = 16;
	ck_function begin = encrypt ? real->C_EncryptInit : real->C_DecryptInit;
	ck_function end = encrypt ? real->C_Encrypt : real->C_Decrypt;
	ck_rv rv = begin(session, (ck_ulong)&m, key, 0, 0, 0, 0, 0);
	memcpy(in, block, 16);
	return rv != 0 ? rv : end(session, (ck_ulong)in, 16, (ck_ulong)block, (ck_ulong)&n, 0, 0, 0);
}

/* RFC 3394, 2.2: text is IV and n blocks of 8 bytes, in place. */
static ck_rv wrap_blocks(ck_ulong session, ck_ulong key, unsigned char *text, unsigned n)
{
	unsigned char block[16];
	memcpy(block, text, 8);
	for (unsigned t = 1; t <= 6 * n; t++) {
		unsigned char *r = text + 8 * ((t - 1) % n + 1);
		memcpy(block + 8, r, 8);
		ck_rv rv = ecb(1, session, key, block);
		if (rv != 0)
			return rv;
		for (unsigned i = 0; i < 4; i++)
			block[7 - i] ^= (unsigned char)(t >> (8 * i));
		memcpy(r, block + 8, 8);
	}
	memcpy(text, block, 8);
	return 0;
}

static ck_rv unwrap_blocks(ck_ulong session, ck_ulong key, unsigned char *text, unsigned n)
{
	unsigned char block[16];
	memcpy(block, text, 8);
	for (unsigned t = 6 * n; t >= 1; t--) {
		unsigned char *r = text + 8 * ((t - 1) % n + 1);
		for (unsigned i = 0; i < 4; i++)
			block[7 - i] ^= (unsigned char)(t >> (8 * i));
		memcpy(block + 8, r, 8);
		ck_rv rv = ecb(0, session, key, block);
		if (rv != 0)
			return rv;
		memcpy(r, block + 8, 8);
	}
	memcpy(text, block, 8);
	return 0;
}

static unsigned char yes = 1, no = 0;

static ck_rv make_aes(ck_ulong session, ck_ulong bytes, ck_ulong *key)
{
	struct ck_mechanism m = {AES_KEY_GEN, NULL, 0};
	struct ck_attribute t[] = {
		{0x161, &bytes, sizeof bytes}, {0x001, &no, 1}, {0x002, &yes, 1}, {0x103, &no, 1},
		{0x162, &yes, 1}, {0x104, &yes, 1}, {0x105, &yes, 1}, {0x106, &yes, 1}};
	return real->C_GenerateKey(session, (ck_ulong)&m, (ck_ulong)t, 8, (ck_ulong)key, 0, 0, 0);
}

static ck_ulong class_of(ck_ulong session, ck_ulong key)
{
	ck_ulong class = 0;
	struct ck_attribute t = {0, &class, sizeof class};
	real->C_GetAttributeValue(session, key, (ck_ulong)&t, 1, 0, 0, 0, 0);
	return class;
}

/* The key's plaintext at text + 8: wrapped under an AES key of ours by the real
 * module, unwrapped here, and without the zeros that SoftHSM 2.6.1 adds. */
static ck_rv plaintext(ck_ulong session, ck_ulong key, unsigned char *text, ck_ulong *length)
{
	struct ck_mechanism m = {KEY_WRAP_PAD, NULL, 0};
	ck_ulong aes, n = KEY_MAX;
	ck_rv rv = make_aes(session, 32, &aes);
	if (rv != 0)
		return rv;
	rv = real->C_WrapKey(session, (ck_ulong)&m, aes, key, (ck_ulong)text, (ck_ulong)&n, 0, 0);
	if (rv == 0)
		rv = unwrap_blocks(session, aes, text, (unsigned)(n / 8 - 1));
	real->C_DestroyObject(session, aes, 0, 0, 0, 0, 0, 0);
	*length = n - 8;
	if (rv == 0 && class_of(session, key) == 3) { /* the length of the DER */
		unsigned char *der = text + 8;
		*length = der[1] < 0x80 ? 2 + der[1] : der[1] == 0x81 ? 3 + der[2] : 4 + 256 * der[2] + der[3];
	}
	return rv;
}

/* Wraps a key under AES as INTERPOSER_PAD says; out has room for KEY_MAX. */
static ck_rv wrap_aes(ck_ulong session, ck_ulong aes, ck_ulong key, unsigned char *out, ck_ulong *length)
{
	static const unsigned char kw[8] = {0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6};
	const char *pad = getenv("INTERPOSER_PAD");
	ck_ulong n, padded;
	ck_rv rv;

	memset(out, 0, KEY_MAX);
	rv = plaintext(session, key, out, &n);
	if (rv != 0)
		return rv;
	if (pad == NULL)
		pad = "exact";
	memset(out + 8 + n, 0, KEY_MAX - 8 - n);
	padded = (n + 7) / 8 * 8;
	memcpy(out, "\xa6\x59\x59\xa6", 4);
	for (int i = 0; i < 4; i++)
		out[4 + i] = (unsigned char)(n >> (24 - 8 * i));
	if (strcmp(pad, "other") == 0)
		out[8 + n - 1] ^= 1;
	if (strcmp(pad, "kw") == 0 || strcmp(pad, "pkcs7") == 0)
		memcpy(out, kw, 8);
	if (strcmp(pad, "pkcs7") == 0) {
		padded = n / 8 * 8 + 8;
		memset(out + 8 + n, (int)(padded - n), padded - n);
	}
	rv = wrap_blocks(session, aes, out, (unsigned)(padded / 8));
	*length = padded + 8 + (strcmp(pad, "tail") == 0 ? 8 : 0);
	return rv;
}

static ck_rv wrap_single(ck_ulong session, struct ck_mechanism *m, ck_ulong kek, ck_ulong key,
	unsigned char *out, ck_ulong *length)
{
	const char *bytes = getenv("INTERPOSER_AES");
	struct ck_mechanism oaep = {OAEP, ((struct ck_rsa_aes_params *)m->parameter)->oaep, sizeof(struct ck_oaep_params)};
	ck_ulong aes, first = 1024, second = 0;
	ck_rv rv = make_aes(session, bytes ? strtoul(bytes, NULL, 10) : 32, &aes);
	if (rv != 0)
		return rv;
	rv = real->C_WrapKey(session, (ck_ulong)&oaep, kek, aes, (ck_ulong)out, (ck_ulong)&first, 0, 0);
	if (rv == 0)
		rv = wrap_aes(session, aes, key, out + first, &second);
	real->C_DestroyObject(session, aes, 0, 0, 0, 0, 0, 0);
	*length = first + second;
	return rv;
}

static ck_rv my_WrapKey(WORDS)
{
	static unsigned count;
	static unsigned char out[1024 + KEY_MAX];
	const char *small = getenv("INTERPOSER_SMALL");
	struct ck_mechanism *m = (struct ck_mechanism *)b;
	ck_ulong *length = (ck_ulong *)f, n = 0;
	ck_rv rv = fault("C_WrapKey", &count);

	if (rv != 0)
		return rv;
	if (small != NULL && *length < strtoul(small, NULL, 10)) {
		*length = strtoul(small, NULL, 10);
		return 0x150; /* CKR_BUFFER_TOO_SMALL */
	}
	if (getenv("INTERPOSER_LONG") != NULL) {
		*length += 1;
		return 0;
	}
	if (m->mechanism == RSA_AES && getenv("INTERPOSER_SINGLE") != NULL)
		rv = wrap_single(a, m, c, d, out, &n);
	else if (m->mechanism == KEY_WRAP_PAD && getenv("INTERPOSER_PAD") != NULL)
		rv = wrap_aes(a, c, d, out, &n);
	else
		return real->C_WrapKey(PASS);
	if (rv == 0 && e != 0 && *length < n)
		rv = 0x150;
	if (rv == 0 && e != 0)
		memcpy((void *)e, out, n);
	*length = n;
	return rv;
}

/* A wrapping key that may also encrypt, so that wrap_aes can use it. */
static ck_rv my_GenerateKey(WORDS)
{
	struct ck_attribute copy[32];
	if (getenv("INTERPOSER_PAD") == NULL || d > 32)
		return pass_C_GenerateKey(PASS);
	memcpy(copy, (void *)c, d * sizeof *copy);
	for (ck_ulong i = 0; i < d; i++)
		if (copy[i].type == 0x104) /* CKA_ENCRYPT */
			copy[i].value = &yes;
	c = (ck_ulong)copy;
	return pass_C_GenerateKey(PASS);
}

/* the entry */

static ck_rv load(void)
{
	ck_get_function_list entry = NULL;
	const char *path = getenv("INTERPOSER_MODULE");
	void *handle = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	if (handle != NULL)
		*(void **)&entry = dlsym(handle, "C_GetFunctionList");
	return entry != NULL ? entry(&real) : 0x6; /* CKR_FUNCTION_FAILED */
}

__attribute__((visibility("default"))) ck_rv C_GetFunctionList(struct ck_function_list **out)
{
	static unsigned count;
	ck_rv rv = fault("C_GetFunctionList", &count);
	if (rv == 0 && real == NULL)
		rv = load();
	if (rv != 0)
		return rv;
	dud.version = list.version = real->version;
#define X(name) list.name = pass_##name, dud.name = dud_##name;
	CK_FUNCTIONS(X)
#undef X
	list.C_GetTokenInfo = my_GetTokenInfo;
	list.C_GetMechanismList = my_GetMechanismList;
	list.C_GetMechanismInfo = my_GetMechanismInfo;
	list.C_Login = my_Login;
	list.C_GenerateKey = my_GenerateKey;
	list.C_WrapKey = my_WrapKey;
	*out = count == 1 && getenv("INTERPOSER_TWO") != NULL ? &dud : &list;
	return 0;
}
