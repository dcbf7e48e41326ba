package rules

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Generated stands for an entropy where nobody is to see a password: what is
// generated is then this text.
const Generated = "<generated>"

// entropyName is the input that password reads; no author can write it.
const entropyName = "entropy"

// passwordClasses are the characters that a password is made of, by the letter
// that stands for them. Those that look alike (l I 1 | O o 0) are in none.
var passwordClasses = map[byte]string{
	'a': "abcdefghijkmnpqrstuvwxyz",
	'A': "ABCDEFGHJKLMNPQRSTUVWXYZ",
	'0': "23456789",
	'!': "!#$%&*+-=?@_",
}

const (
	everyClass        = "aA0!"
	shortestPassword  = 4
	longestPassword   = 128
	classesOfPassword = "a for small letters, A for capitals, 0 for digits, ! for special characters"
)

// password generates one. The same entropy and arguments give the same password.
func password(_ bounds, args []any) (any, error) {
	entropy, _ := args[len(args)-1].(string)
	if args = args[:len(args)-1]; entropy == "" {
		return nil, faultf("password: there is no entropy to make one of")
	}
	policy := passwordPolicy{classes: everyClass}
	if length, ok := args[0].(int); ok {
		policy.length = length
	}
	if len(args) > 1 {
		policy.classes, _ = args[1].(string)
	}
	if len(args) > 2 {
		policy.avoid, _ = args[2].(string)
	}
	sets, problem := policy.sets()
	switch {
	case problem != "":
		return nil, faultf("%s", problem)
	case entropy == Generated:
		return Generated, nil
	}
	return policy.generate(sets, entropy), nil
}

// passwordPolicy is what a vendor demands of a password.
type passwordPolicy struct {
	length         int
	classes, avoid string
	shown          string // the classes in a message; "": they are a value
}

// sets are the characters of each class that may be used.
func (p passwordPolicy) sets() (sets []string, problem string) {
	if p.length < shortestPassword || p.length > longestPassword {
		return nil, fmt.Sprintf("password: the length is a whole number from %d to %d", shortestPassword, longestPassword)
	}
	for i := range len(p.classes) {
		set := passwordClasses[p.classes[i]]
		if set == "" {
			return nil, fmt.Sprintf("password: %s is not made of %s", cmp.Or(p.shown, "its second argument"), classesOfPassword)
		}
		set = strings.Map(func(r rune) rune {
			if strings.ContainsRune(p.avoid, r) {
				return -1
			}
			return r
		}, set)
		if set == "" {
			return nil, fmt.Sprintf("password: no character of the class %c is left", p.classes[i])
		}
		if !slices.Contains(sets, set) {
			sets = append(sets, set)
		}
	}
	if len(sets) == 0 {
		return nil, "password: there is no class of characters: " + classesOfPassword
	}
	return sets, ""
}

// generate takes one character of each class, the rest of any, and shuffles them.
func (p passwordPolicy) generate(sets []string, entropy string) string {
	draw := drawing{key: []byte(entropy), purpose: fmt.Sprintf("password\n%d\n%s\n%s\n", p.length, p.classes, p.avoid)}
	all, out := strings.Join(sets, ""), make([]byte, 0, p.length)
	for i := range p.length {
		set := all
		if i < len(sets) {
			set = sets[i]
		}
		out = append(out, set[draw.below(len(set))])
	}
	for i := len(out) - 1; i > 0; i-- {
		j := draw.below(i + 1)
		out[i], out[j] = out[j], out[i]
	}
	return string(out)
}

// drawing makes numbers of an entropy: HMAC-SHA256 in counter mode.
type drawing struct {
	key     []byte
	purpose string
	block   uint64
	left    []byte
}

// below gives a number from 0 to n-1, each as likely as the others; n is at most 256.
func (d *drawing) below(n int) int {
	for {
		if len(d.left) == 0 {
			mac := hmac.New(sha256.New, d.key)
			mac.Write([]byte(d.purpose))
			mac.Write(binary.BigEndian.AppendUint64(nil, d.block))
			d.left, d.block = mac.Sum(nil), d.block+1
		}
		b := int(d.left[0])
		if d.left = d.left[1:]; b < 256-256%n {
			return b % n
		}
	}
}

// checkPassword looks at what stands in the expression as it is.
func checkPassword(_ *function, arguments []typed) string {
	policy := passwordPolicy{length: longestPassword, classes: everyClass}
	if length, ok := literalInteger(arguments[0]); ok {
		policy.length = length
	}
	if len(arguments) > 1 {
		if text, ok := literalText(arguments[1]); ok {
			policy.classes, policy.shown = text, strconv.Quote(text)
		}
	}
	if len(arguments) > 2 {
		policy.avoid, _ = literalText(arguments[2])
	}
	_, problem := policy.sets()
	return problem
}
