package qr

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// byteWords are the 256 words of Bytewords (BCR-2020-012), four letters each.
const byteWords = "" +
	"ableacidalsoapexaquaarchatomauntawayaxisbackbaldbarnbeltbetabiasbluebodybragbrewbulbbuzzcalmcashcats" +
	"chefcityclawcodecolacookcostcruxcurlcuspcyandarkdatadaysdelidicedietdoordowndrawdropdrumdulldutyeach" +
	"easyechoedgeepicevenexamexiteyesfactfairfernfigsfilmfishfizzflapflewfluxfoxyfreefrogfuelfundgalagame" +
	"geargemsgiftgirlglowgoodgraygrimgurugushgyrohalfhanghardhawkheathelphighhillholyhopehornhutsicedidea" +
	"idleinchinkyintoirisironitemjadejazzjoinjoltjowljudojugsjumpjunkjurykeepkenokeptkeyskickkilnkingkite" +
	"kiwiknoblamblavalazyleaflegsliarlimplionlistlogoloudloveluaulucklungmainmanymathmazememomenumeowmild" +
	"mintmissmonknailnavyneednewsnextnoonnotenumbobeyoboeomitonyxopenovalowlspaidpartpeckplaypluspoempool" +
	"posepuffpumapurrquadquizraceramprealredorichroadrockroofrubyruinrunsrustsafesagascarsetssilkskewslot" +
	"soapsolosongstubsurfswantacotasktaxitenttiedtimetinytoiltombtoystriptunatwinuglyundouniturgeuservast" +
	"veryvetovialvibeviewvisavoidvowswallwandwarmwaspwavewaxywebswhatwhenwhizwolfworkyankyawnyellyogayurt" +
	"zapszerozestzinczonezoom"

// byteOf finds the byte of a word by its first and last letter, which no two
// words share.
var byteOf = func() map[[2]byte]byte {
	m := map[[2]byte]byte{}
	for i := range 256 {
		m[[2]byte{byteWords[4*i], byteWords[4*i+3]}] = byte(i)
	}
	return m
}()

// bytewords writes bytes and their CRC-32 in the minimal form: two letters for
// each.
func bytewords(b []byte) string {
	b = binary.BigEndian.AppendUint32(b[:len(b):len(b)], crc32.ChecksumIEEE(b))
	var s strings.Builder
	for _, v := range b {
		s.WriteByte(byteWords[4*int(v)])
		s.WriteByte(byteWords[4*int(v)+3])
	}
	return s.String()
}

// parseBytewords reads the minimal form, in small letters.
func parseBytewords(s string) ([]byte, error) {
	if len(s)%2 != 0 || len(s) < 2*(1+crc32.Size) {
		return nil, fmt.Errorf("%d letters of Bytewords: %w", len(s), ErrDamaged)
	}
	b := make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); i += 2 {
		v, ok := byteOf[[2]byte{s[i], s[i+1]}]
		if !ok {
			return nil, fmt.Errorf("%s is no word of Bytewords: %w", show(s[i:i+2]), ErrDamaged)
		}
		b = append(b, v)
	}
	n := len(b) - crc32.Size
	if crc32.ChecksumIEEE(b[:n]) != binary.BigEndian.Uint32(b[n:]) {
		return nil, fmt.Errorf("its checksum differs: %w", ErrDamaged)
	}
	return b[:n], nil
}
