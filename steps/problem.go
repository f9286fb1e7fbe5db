package steps

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/byok"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/hsm"
	"github.com/keyceremony/ceremony/keyvault"
	"github.com/keyceremony/ceremony/plan"
	"github.com/keyceremony/ceremony/transfer"
	"github.com/keyceremony/ceremony/transfer/qr"
)

// A Problem is an error in words for people: what is the case, what it means,
// and what to do.
type Problem struct {
	Code, Title, Meaning, Remedy string
}

// Explain turns an error into words. What it does not know it shows as it is.
func Explain(err error) Problem {
	var refused *Refused
	var answer *AnswerError
	var vault *keyvault.Problem
	var bad plan.Errors
	switch {
	case err == nil:
		return Problem{}
	case errors.As(err, &refused):
		return refused.problem()
	case errors.As(err, &bad):
		return Problem{"plan.refused", err.Error(), "The plan cannot be used as it is.", "Correct the lines named, have it reviewed, and sign it anew."}
	case errors.As(err, &vault):
		return Problem{string(vault.Code), vault.Error(), vault.Meaning, vault.Remedy}
	}
	for _, row := range problems {
		if errors.Is(err, row.err) {
			remedy := row.remedy
			if own := hsm.Remedy(err); own != "" {
				remedy = own // the token's own return code knows more
			}
			return Problem{row.code, err.Error(), row.meaning, remedy}
		}
	}
	if errors.As(err, &answer) {
		return Problem{"answer", answer.Error(), "Nothing was done and nothing was recorded.", "Correct it and go on."}
	}
	var failed *Failed
	if errors.As(err, &failed) {
		return Problem{"unknown", err.Error(), "The step did not come to its end; what happened is recorded.", "Read the message, and try the step again or stop the ceremony."}
	}
	return Problem{Code: "unknown", Title: err.Error()}
}

func (e *Refused) problem() Problem {
	p := Problem{"check." + e.Checks[0].ID, e.Error(), "A check that allows no exception does not hold. The ceremony cannot go on like this.", "Find out why. The step can be done again once the cause is gone; else stop the ceremony."}
	var meaning, remedy []string
	for _, c := range e.Checks {
		words, ok := refusals[c.ID]
		if own := e.meanings[c.ID]; own != "" && !slices.Contains(meaning, own) {
			meaning = append(meaning, own)
		} else if ok {
			meaning, remedy = append(meaning, words[0]), append(remedy, words[1])
		}
	}
	if len(meaning) > 0 {
		p.Meaning = strings.Join(meaning, " ")
	}
	if len(remedy) > 0 {
		p.Remedy = strings.Join(remedy, " ")
	}
	return p
}

// refusals explain the checks whose failure people must not misread: what it
// means, what to do.
var refusals = map[string][2]string{
	"kek.confirm": {
		"The KEK that came on the medium is not the one whose code is on the sheets. If it was exchanged on its way, whoever did it would get the target keys.",
		"Do not wrap anything. If a digit was mistyped, type it again. Else stop the ceremony, keep the medium as evidence, and find out who had it.",
	},
	"kek.code": {
		"The code typed is not that of the KEK which this machine read from the vault: a digit is mistyped, another version was fetched, or one of the two ways shows another key.",
		"Compare version and host on the sheet, fetch the KEK again, and type the code again. If it differs still, stop: one of the ways lies.",
	},
	"target.code": {
		"The code typed is not that of the key recorded in the HSM room: a digit is mistyped, the codes of two keys were swapped, or the vault has another key.",
		"Compare with the sheet from the HSM room, and type it again. If it differs still, stop: the vault has another key.",
	},
	"hsm.label-serial": {
		"The serial number typed is not the one in the plan: it is mistyped, or this is another device.",
		"Read it off the device again. The program does not say the wanted number, so that it is really read.",
	},
	"people.quorum": {
		"The plan wants more people of a role than signed in.",
		"Wait for them, and sign in again; or stop the ceremony.",
	},
	"plan.code": {
		"The plan that this machine reads is not the one whose code was handed out, or a digit was mistyped.",
		"Type it again. If it differs still, do not go on: the plan was changed after it was reviewed.",
	},
	"bundle.seal": {
		"The people of the plan have not signed this bundle. Whoever made it, it does not come from this ceremony's sealed record.",
		"Do not use it. Keep the medium as evidence and write the sealed bundle again at the other machine.",
	},
	"bundle.head": {
		"The log on the medium is not the one whose head was written on the sheet: it may be older, of another attempt, or forged.",
		"Type it again. If it differs still, compare the sheet with the other machine.",
	},
	"transfer.words": {
		"The words typed are not those of what this machine received: one is mistyped, or read off another screen, or the codes came from somebody else. All that was received is forgotten, so that nobody has a second try with it.",
		"Look for a second screen that shows codes. Then hold the camera to the other machine's own screen again: of the same codes the same two words are asked. If they differ again, take no more codes: find out why, and take a medium.",
	},
	"bundle.plan":  {"The bundle belongs to another plan, or to an older version of this one.", "Bring the bundle of this ceremony."},
	"bundle.files": {"A file was changed, added or lost after the seal.", "Do not use it. Write the sealed bundle again at the other machine, on a fresh medium."},
	"bundle.run":   {"The bundle comes from another run of this plan: it is a replay, or the media were mixed up.", "Bring the bundle of this run."},
	"kek.unchanged": {
		"Somebody changed the KEK in the vault since it was read back. Where it may decrypt, whoever has a copy of a blob and may use the KEK has the target key.",
		"Import nothing. Keep the blobs safe, have the vault's owner find out who changed it and when, and treat the target keys as known to others if it could decrypt. Else hold a new attempt, with a new KEK.",
	},
	"target.blob": {"The file was exchanged or lost after it was received.", "Keep the folder as evidence, and receive the sealed bundle again in a new attempt."},
	"kek.name-free": {
		"A KEK is never replaced, and a deleted key reserves its name until the vault purges it.",
		"Choose another name in the plan and have it reviewed and signed anew, or purge the old key.",
	},
	"target.name-free": {
		"An import under this name would make a new version of somebody's key.",
		"Choose another name in the plan, or plan to rotate that key.",
	},
	"target.label-free": {
		"A key with this label is on the HSM already. Nothing is overwritten.",
		"If it is left from an earlier attempt, have its owner decide; else plan another label.",
	},
	"clock.typed":     {"Either a time was mistyped, or this machine's clock is far off.", "Read the independent clocks again. If the times are right, type INSIST: the offset is recorded, and decided on as an exception."},
	"program.digest":  {"This program is not one that the plan names.", "Use the program whose digest was reviewed."},
	"plan.signatures": {"The people named in the plan have not all signed it.", "Have the plan signed before the day: ssh-keygen -Y sign -n plan@keyceremony -f KEY plan.toml."},
	"machine.network": {"This machine is connected to something. The offline machine must not be.", "Unplug cables, switch radios off, and do the step again."},
	"hsm.serial":      {"This is not the HSM of the plan.", "Connect the right device; compare its label with the plan."},
	"hsm.module":      {"The PKCS#11 module on this machine is not the one that was reviewed.", "Install the reviewed module, or plan this one and have it reviewed."},
	"hsm.can-wrap": {
		"This HSM, as it is set up, cannot make a blob that Azure accepts.",
		"Run 'ceremony hsm --plan PLAN' for what to change; vendors name the policy that allows private keys to be wrapped.",
	},
	"kek.trusted": {
		"The HSM does not show exactly the confirmed KEK as trusted, so the target keys could not leave under it, or another could be meant.",
		"Have the security officer look which objects of the HSM are trusted, and remove what does not belong there. Then do the step again.",
	},
	"hsm.refuses-untrusted": {
		"The plan lets the target keys leave under a trusted KEK alone, and this HSM does not keep to that: whoever logs in could wrap them under any KEK.",
		"Do not make the keys in this HSM under this plan. Ask the vendor which setting enforces CKA_WRAP_WITH_TRUSTED, or have a plan without hsm.trusted reviewed and signed.",
	},
	"target.trusted": {
		"The plan demands trusted wrapping, and this key does not ask for it: it may be wrapped under any KEK, and could have been before.",
		"Its owner can set CKA_WRAP_WITH_TRUSTED before the ceremony; that can never be taken back. Or plan a new key, or have a plan without hsm.trusted reviewed and signed.",
	},
	"target.proof": {
		"The key in the vault does not answer as the key in the HSM would. It is another key.",
		"Do not use it. Delete it in the vault, keep all media as evidence, and stop the ceremony.",
	},
	"target.same-public": {
		"The key in the vault has another public half than the key in the HSM. It is another key.",
		"Do not use it. Delete it in the vault, keep all media as evidence, and stop the ceremony.",
	},
}

// problems has a row for every error that people can do something about.
var problems = []struct {
	err                   error
	code, meaning, remedy string
}{
	{ErrNotRecorded, "record.not-written", "The last act may have happened, but it is not in the transcript yet.", "Make room on the disk or mend it, and start the program again: the same step comes back."},
	{ErrOtherProgram, "program.other", "The ceremony was reviewed with other programs. Nothing was done.", "Go on with the program that the plan names."},
	{ErrLogChanged, "log.changed", "Somebody or something changed the file while the ceremony was open. Nothing more is built upon it, and nobody signs it.", "Stop. Write the head of the log, which is shown here, on a sheet, keep the folder as it is, and find out who was at this machine. The stage is held again in a further attempt."},
	{ErrNotReadable, "folder.not-readable", "The disk did not give back a file that is there. Nothing was done.", "Mend the disk, and start the program again: the same step comes back."},
	{ErrNotKept, "codes.not-kept", "Codes that come are kept in that file until the step is over, so that a crash loses none. Something else lies there, or the disk does not let it be read or written. Nothing of it was touched, and no code is taken.", "Find out who put it there, move it out of the ceremony folder or mend the disk, and go on: the step looks again. Or bring the bundle on a medium instead: this step offers it, as an exception."},
	{durable.ErrReadBack, "disk.read-back", "The disk did not keep what was written.", "Replace the disk or medium, and start again."},
	{durable.ErrPoisoned, "disk.failed", "An earlier write failed; nothing more is written to that file.", "Start the program again: the same step comes back."},
	{durable.ErrLocked, "folder.locked", "Another program has this ceremony open.", "Close it there first."},
	{durable.ErrExists, "file.exists", "Nothing is ever overwritten.", "Look at what is there, and choose another folder or move it away."},
	{durable.ErrNotRegular, "file.kind", "A link, a folder or a device lies where a file should be.", "Find out who put it there, and move it out of the folder."},
	{durable.ErrTooLarge, "file.size", "The file is larger than any real one.", "Find out where it comes from."},
	{durable.ErrName, "file.name", "The name is not one that a ceremony uses.", "Find out where it comes from."},
	{audit.ErrNewer, "log.newer", "A later version of this program began the ceremony. This one does not know all that was decided there. Nothing was done.", "Go on with the version that began it, or a later one."},
	{audit.ErrDamaged, "log.damaged", "A line of the transcript is complete and wrong: it was changed after it was written. It is never repaired.", "Keep the folder as evidence. A further attempt begins in a new folder."},
	{audit.ErrNoRecords, "log.empty", "The ceremony was never begun: the program was stopped before its first record.", "Begin it again, with the same command: ceremony run DIR --stage STAGE --plan plan.toml."},
	{audit.ErrFull, "log.full", "The transcript of this sitting has reached its greatest size.", "Stop the ceremony: the close still fits. Go on in a further attempt."},
	{audit.ErrClosed, "log.closed", "The transcript of this sitting is frozen.", "Go on with the signatures, or at the other machine."},
	{audit.ErrNoPassphrase, "key.unprotected", "Anybody who has the file could sign with it. Nothing was signed.", "Protect it: ssh-keygen -p -f KEY."},
	{audit.ErrPassphrase, "key.passphrase", "Nothing was signed. No tries are counted.", "Type it again."},
	{ErrNoCeremony, "folder.no-ceremony", "There is nothing to go on with.", "Check the name of the folder. To begin a ceremony: ceremony run DIR --stage prepare --plan plan.toml."},
	{ErrRehearsalOpen, "rehearsal.open", "The rehearsal's vault has one address, which stands in its plan, and can be served only once.", "Close the window or the program that has this rehearsal open, and open it again here. If there is none, another program has the address: rehearse in a new folder."},
	{ErrOtherPlan, "folder.other-plan", "The plan in the folder was exchanged after the ceremony had begun.", "Put the first plan back."},
	{ErrNothingAwaited, "done", "Every step of this machine is over.", "Go on at the other machine, or verify the folder: ceremony verify DIR."},
	{ErrNotAsked, "signature.not-asked", "Only those who are present, and never the person at the keyboard, approve.", "Have somebody sign who is asked."},
	{audit.ErrNamespace, "signature.namespace", "What stands after -n says what a signature is for. This one was made for something else, and counts for nothing here. Of key and text that says nothing.", "Sign the same text again with the whole command that the sheet shows, with what it has after -n."},
	{ErrSignature, "signature.invalid", "The signature was not made with this person's key over this text.", "Sign again, over the text as it is now, with the key of the plan: somebody with key files has one for each machine."},
	{ErrTooFew, "signature.missing", "This step wants the signature of each of those who are named.", "Have the others sign; for somebody who left, record people.change first (:people)."},
	{ErrOwnFolder, "medium.own-folder", "What crosses the gap must not lie in the transcript.", "Mount the medium, and name the folder where it is mounted."},
	{ErrNotSealed, "bundle.not-sealed", "Only a sealed log crosses the gap.", "Go on with the ceremony until it is sealed."},
	{ErrNotSignedIn, "signature.not-signed-in", "Nobody takes part without a signature.", "Have the person who comes sign too."},
	{audit.ErrSignature, "signature.invalid", "The signature was not made with this person's key over this text.", "Sign again, over the text as it is now, with the key of the plan: somebody with key files has one for each machine."},
	{ErrNoApproval, "approval.missing", "A second person must sign before this is done.", "Have one of those who are named sign."},
	{ErrQuorum, "quorum.missing", "The plan wants more people of this role to sign.", "Wait for them, or stop the ceremony."},
	{ErrOneFound, "resume.one-found", "Doing it again would do it twice.", "Choose to adopt what was found."},
	{ErrNoneFound, "resume.none-found", "The interruption came before the act.", "Choose to do it again."},
	{ErrManyFound, "resume.many-found", "It is not clear which of them belongs to this ceremony.", "Stop the ceremony and find out where they come from."},
	{ErrOtherHead, "resume.other-head", "The code is mistyped, or this folder is an older copy.", "Type it again. If it differs still, find the folder that the sheet belongs to."},
	{ErrSealKey, "hsm.seal-key", "Another key has that label: what it signs would not verify.", "Compare seal_key and seal_key_label of the plan with the HSM."},
	{ErrNotShown, "codes.not-shown", "The other machine cannot have what was not shown.", "Let the codes run until all were shown, and the other machine has them."},
	{ErrNotReceived, "codes.not-received", "Codes are missing, or were never there.", "Hold the camera to the other machine's screen until all parts are there."},
	{qr.ErrIncomplete, "codes.incomplete", "The codes that came end before all parts were there.", "Bring the others: they count in any order."},
	{ErrNoSignature, "signature.not-one", "What came as codes is not the one file that ssh-keygen wrote. Nothing of it was taken.", "At the other machine show that file alone: ceremony qr send FILE.sig."},
	{ErrKeyShown, "codes.key-shown", "Every camera in the room may have seen it. Nothing of it was kept here.", "Take the codes off the other machine's screen. Whoever has this key needs another one: it signs for its owner alone only as long as nobody saw it."},
	{qr.ErrTooLarge, "codes.too-large", "There is more to carry than codes are made for.", "Carry it on a medium; people decide about that as an exception."},
	{qr.ErrSecret, "codes.secret", "Every camera in the room sees a code. Nothing was shown.", "Find out how a private key came into this folder, and stop the ceremony."},
	{qr.ErrSpoiled, "codes.spoiled", "Somebody else showed codes under the same name, or a code was misread so that it still seemed right.", "Begin anew, and look for a second screen that shows codes."},
	{qr.ErrMessage, "codes.message", "What was to cross the gap has a file that no ceremony sends.", "Find out where it comes from."},
	{ErrNoSuchStep, "step.unknown", "Only pause, people.change and ceremony.stop can be asked for.", "Choose one of these."},
	{ErrNotNow, "step.not-now", "People must have signed in, and the log must not be frozen. What happens at the offline machine after its seal is recorded at the online machine.", "Go on with the step that is awaited."},
	{hsm.ErrNoModule, "hsm.no-module", "The HSM's PKCS#11 library is missing or does not load here.", "Install the vendor's client; check the path in the plan."},
	{hsm.ErrNoToken, "hsm.no-token", "The HSM is not connected, or it is another one.", "Connect it, and compare the serial number with the plan."},
	{hsm.ErrManyTokens, "hsm.many-tokens", "More than one token matches; none is chosen by chance.", "Name the token by its serial number."},
	{hsm.ErrPINIncorrect, "hsm.pin-wrong", "One try is used up. The program makes no second try by itself.", "Type the PIN again; mind how many tries are left."},
	{hsm.ErrPINLocked, "hsm.pin-locked", "The token takes no PIN any more.", "The security officer of the HSM must unlock it."},
	{hsm.ErrFinalTry, "hsm.pin-final", "A wrong PIN now would lock the token.", "Be sure of the PIN; type INSIST to use the last try."},
	{hsm.ErrLabelInUse, "hsm.label-in-use", "Nothing on the HSM is overwritten.", "Plan another label, or have the owner remove the old key."},
	{hsm.ErrNoKey, "hsm.no-key", "The key is not on this token, or the login may not see it.", "Compare id and label with the plan."},
	{hsm.ErrManyKeys, "hsm.many-keys", "It is not clear which of them is meant.", "Give the key an id of its own."},
	{hsm.ErrNotExtractable, "hsm.not-extractable", "A key that is not extractable can never be wrapped, and that cannot be changed.", "Generate a new key for this ceremony, extractable until target.close."},
	{hsm.ErrWrapWithTrusted, "hsm.wrap-with-trusted", "The key may only be wrapped under a KEK that the HSM's security officer marked as trusted.", "Plan trusted wrapping, or another key."},
	{hsm.ErrNotProbed, "hsm.not-probed", "No way of wrapping was seen to be right in this session.", "Do the step hsm.probe first."},
	{hsm.ErrCannotWrap, "hsm.cannot-wrap", "The token cannot make a blob that Azure accepts, as it is set up.", "Run 'ceremony hsm --plan PLAN' for what to change."},
	{hsm.ErrCannot, "hsm.cannot", "The token does not offer this operation.", "Plan without it, or use another token."},
	{hsm.ErrModuleChanged, "hsm.module-changed", "The PKCS#11 library is not the one that was reviewed.", "Install the reviewed module, or plan this one and have it reviewed."},
	{hsm.ErrNotLoggedIn, "hsm.not-logged-in", "The HSM asks for a login before this.", "Do the step hsm.login again: start the program anew, and it comes back."},
	{hsm.ErrNoKEK, "hsm.no-kek", "No KEK is loaded in this session.", "Start the program anew: the step kek.load comes back."},
	{byok.ErrSignature, "byok.signature", "The signature was not made with this key over this text.", "Find out which key signed."},
	{hsm.ErrWorkerDied, "hsm.module-crashed", "The vendor's library ended the process that holds it. This program and the transcript are whole.", "Try the step again; if it happens again, update the vendor's client."},
	{hsm.ErrWorkerHung, "hsm.module-hung", "The vendor's library did not come back. What it was doing may have happened.", "Look at the device and its PIN pad; try the step again."},
	{hsm.ErrTokenGone, "hsm.token-gone", "The HSM was unplugged, or its session ended.", "Connect it again; connecting and logging in come back."},
	{byok.ErrUnwrap, "byok.unwrap", "The ciphertext is not for this KEK, or it is damaged.", "Compare the kid in the blob with the KEK."},
	{transfer.ErrNoBundle, "bundle.none", "The medium holds no bundle of a ceremony.", "Bring the right medium; check where it is mounted."},
	{transfer.ErrOther, "bundle.other", "The medium belongs to another ceremony, stage or attempt.", "Bring the medium of this ceremony."},
	{transfer.ErrSeveral, "bundle.several", "More than one bundle fits; none is chosen by chance.", "Use a fresh medium for each direction."},
	{transfer.ErrShape, "bundle.shape", "The medium holds what no ceremony writes there. Nothing was taken from it.", "Keep it as evidence, and write the sealed bundle again on a fresh medium."},
	{transfer.ErrDigest, "bundle.digest", "A file changed on its way. Nothing was taken from the medium.", "Write the sealed bundle again at the other machine, on a fresh medium."},
	{transfer.ErrHeader, "bundle.header", "The list of the bundle's files was changed or damaged. Nothing was taken from the medium.", "Write the sealed bundle again at the other machine, on a fresh medium."},
	{transfer.ErrDiffers, "bundle.differs", "Nothing is ever overwritten.", "Use a fresh medium."},
	{syscall.ENOSPC, "disk.full", "There is no room left on the disk or medium. What was recorded before is whole.", "Make room, and start again: the same step comes back."},
	{fs.ErrNotExist, "file.missing", "A file or folder that was named is not there.", "Check the path; see that the medium is mounted."},
	{syscall.ENOTDIR, "file.no-folder", "A file lies where a folder should be.", "Name a folder, or move the file away."},
	{fs.ErrExist, "file.exists", "Nothing is ever overwritten.", "Choose another name."},
	{fs.ErrPermission, "file.permission", "The system does not let this program read or write there.", "Check who owns the folder or medium, and whether it is mounted read-only."},
	{context.Canceled, "stopped", "Somebody stopped it. What had begun may have happened.", "Start again: the same step comes back."},
	{context.DeadlineExceeded, "timeout", "It took longer than it may. What had begun may have happened.", "Start again: the same step comes back."},
}
