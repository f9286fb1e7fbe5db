/* The part of PKCS #11 v2.40 that the one-call shim and the test module need,
 * written from the specification. Structures are packed on Windows only. */
#ifndef CEREMONY_CRYPTOKI_H
#define CEREMONY_CRYPTOKI_H

typedef unsigned long ck_ulong;
typedef ck_ulong ck_rv;

#ifdef _WIN32
#pragma pack(push, 1)
#endif

struct ck_version { unsigned char major, minor; };
struct ck_mechanism { ck_ulong mechanism; void *parameter; ck_ulong length; };
struct ck_attribute { ck_ulong type; void *value; ck_ulong length; };
struct ck_oaep_params {
	ck_ulong hash, mgf, source;
	void *source_data;
	ck_ulong source_length;
};
struct ck_rsa_aes_params { ck_ulong aes_bits; struct ck_oaep_params *oaep; };
struct ck_mechanism_info { ck_ulong min, max, flags; };
struct ck_session_info { ck_ulong slot, state, flags, device_error; };
struct ck_token_info {
	unsigned char label[32], manufacturer[32], model[16], serial[16];
	ck_ulong flags, counts[10];
	struct ck_version hardware, firmware;
	unsigned char utc_time[16];
};

/* CK_FUNCTION_LIST: its functions in order (v2.40, appendix A). */
#define CK_FUNCTIONS(X) \
	X(C_Initialize) X(C_Finalize) X(C_GetInfo) X(C_GetFunctionList) \
	X(C_GetSlotList) X(C_GetSlotInfo) X(C_GetTokenInfo) X(C_GetMechanismList) \
	X(C_GetMechanismInfo) X(C_InitToken) X(C_InitPIN) X(C_SetPIN) X(C_OpenSession) \
	X(C_CloseSession) X(C_CloseAllSessions) X(C_GetSessionInfo) X(C_GetOperationState) \
	X(C_SetOperationState) X(C_Login) X(C_Logout) X(C_CreateObject) X(C_CopyObject) \
	X(C_DestroyObject) X(C_GetObjectSize) X(C_GetAttributeValue) X(C_SetAttributeValue) \
	X(C_FindObjectsInit) X(C_FindObjects) X(C_FindObjectsFinal) X(C_EncryptInit) \
	X(C_Encrypt) X(C_EncryptUpdate) X(C_EncryptFinal) X(C_DecryptInit) X(C_Decrypt) \
	X(C_DecryptUpdate) X(C_DecryptFinal) X(C_DigestInit) X(C_Digest) X(C_DigestUpdate) \
	X(C_DigestKey) X(C_DigestFinal) X(C_SignInit) X(C_Sign) X(C_SignUpdate) X(C_SignFinal) \
	X(C_SignRecoverInit) X(C_SignRecover) X(C_VerifyInit) X(C_Verify) X(C_VerifyUpdate) \
	X(C_VerifyFinal) X(C_VerifyRecoverInit) X(C_VerifyRecover) X(C_DigestEncryptUpdate) \
	X(C_DecryptDigestUpdate) X(C_SignEncryptUpdate) X(C_DecryptVerifyUpdate) \
	X(C_GenerateKey) X(C_GenerateKeyPair) X(C_WrapKey) X(C_UnwrapKey) X(C_DeriveKey) \
	X(C_SeedRandom) X(C_GenerateRandom) X(C_GetFunctionStatus) X(C_CancelFunction) \
	X(C_WaitForSlotEvent)

/* Every function takes machine words; each caller casts to the real type. */
typedef ck_rv (*ck_function)(ck_ulong, ck_ulong, ck_ulong, ck_ulong, ck_ulong, ck_ulong, ck_ulong, ck_ulong);

struct ck_function_list {
	struct ck_version version;
#define X(name) ck_function name;
	CK_FUNCTIONS(X)
#undef X
};

#ifdef _WIN32
#pragma pack(pop)
#endif

typedef ck_rv (*ck_get_function_list)(struct ck_function_list **);
typedef ck_rv (*ck_login)(ck_ulong session, ck_ulong user, const void *pin, ck_ulong length);
typedef ck_rv (*ck_get_session_info)(ck_ulong session, struct ck_session_info *);
typedef ck_rv (*ck_get_attribute_value)(ck_ulong session, ck_ulong object, struct ck_attribute *, ck_ulong count);
typedef ck_rv (*ck_wrap_key)(ck_ulong session, struct ck_mechanism *, ck_ulong wrapping, ck_ulong key,
	void *out, ck_ulong *length);

#endif
