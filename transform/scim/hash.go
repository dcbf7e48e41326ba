package scim

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// The odd numbers that a hash is mixed with: digits of pi, of no further meaning.
const (
	hashSeed = 0x243f6a8885a308d3
	hashStep = 0x13198a2e03707345
)

// Hash is a number that is the same for equal values, and in every process on
// every machine: an ETag is made of it. Numbers that are written differently
// count as different. A $ref does not count: it says what `value` says, with an
// address that two gateways need not agree on. It tells changes apart, and is no
// protection against somebody who looks for two values with one hash.
//
// It goes by eight bytes at a time, and allocates nothing: 0.7 us in
// BenchmarkHash, where hash/fnv over the JSON text took 1.9.
func (v Value) Hash() uint64 {
	h := mix(hashSeed, uint64(v.kind)<<32|uint64(v.size))
	switch v.kind {
	case KindBoolean:
		if v.boolean {
			h++
		}
	case KindNumber, KindString:
		h = hashText(h, v.literal())
	case KindList:
		for _, item := range v.Items() {
			h = mix(h, item.Hash())
		}
	case KindObject: // whatever the order of the members
		members := v.Members()
		sum := uint64(0)
		for i := range members {
			if members[i].Name == "$ref" {
				continue
			}
			sum += mix(hashText(hashStep, members[i].Name), members[i].Value.Hash())
		}
		h = mix(h, sum)
	}
	return h
}

func mix(h, word uint64) uint64 {
	high, low := bits.Mul64(h^word, hashStep^bits.RotateLeft64(h, 32))
	return high ^ low
}

func hashText(h uint64, text string) uint64 {
	b := unsafe.Slice(unsafe.StringData(text), len(text))
	for ; len(b) >= 8; b = b[8:] {
		h = mix(h, binary.LittleEndian.Uint64(b))
	}
	rest := uint64(len(text)) << 56
	for i, c := range b {
		rest |= uint64(c) << (8 * i)
	}
	return mix(h, rest)
}

// versionLength is the length of every version.
const versionLength = len(`W/"0123456789abcdef"`)

// Version is a weak ETag of the value (RFC 7644 section 3.14): W/"0123456789abcdef".
func (v Value) Version() (text [versionLength]byte) {
	copy(text[:], `W/"0123456789abcdef"`)
	h := v.Hash()
	for i := versionLength - 2; text[i] != '"'; i-- {
		text[i] = hex[h&15]
		h >>= 4
	}
	return text
}
