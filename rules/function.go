package rules

import (
	"fmt"
	"math"
)

// function is one that expressions call by name or as an operator.
type function struct {
	name   string
	usage  string // how it is written, for messages
	about  string // what it gives, for documentation
	args   []Type // the last repeats if many is set
	many   bool
	out    Type
	result func(arguments []typed) Type // instead of out
	absent absence
	impure bool
	// optional is how many of the last arguments may be left out.
	optional int
	entropy  bool // it is given one as a further argument
	// check compares the types of arguments with each other; it returns a
	// message, or "".
	check func(f *function, arguments []typed) string
	call  func(b bounds, args []any) (any, error)
}

// absence is what an absent argument does.
type absence int

const (
	absentOut   absence = iota // the result is absent
	absentFalse                // the result is false
	absentEmpty                // the result is an empty list
	absentGiven                // the function deals with it
)

func (a absence) result() any {
	switch a {
	case absentFalse:
		return false
	case absentEmpty:
		return []any{}
	}
	return nil
}

// bounds limit what one call may read and make, so that no answer of a vendor
// makes an expression slow or large.
type bounds struct {
	read       int // bytes of a text argument
	made       int // bytes of a resulting text
	elements   int // of a list that is made or looped over
	search     int // elements of a list that is searched
	iterations int // of a key made from a password
}

var (
	outside = bounds{read: math.MaxInt, made: 64 << 10, elements: 2_000, search: math.MaxInt, iterations: maxIterations}
	// inLoop applies to calls that may happen 2,000 times in an evaluation.
	inLoop = bounds{read: 4 << 10, made: 4 << 10, elements: 100, search: 500}
)

func (b bounds) tooLong(name string) error {
	return faultf("%s makes a text of more than %d KiB", name, b.made>>10)
}

func tooMany(name string, most int) error {
	return faultf("%s takes at most %d elements", name, most)
}

// bind makes the function as the library calls it.
func (f *function) bind(b bounds) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		for i, arg := range args {
			if arg == nil && f.absent != absentGiven {
				return f.absent.result(), nil
			}
			if err := f.accept(b, i, arg); err != nil {
				return nil, err
			}
		}
		out, err := f.call(b, args)
		if s, ok := out.(string); ok && len(s) > b.made {
			return nil, b.tooLong(f.name)
		}
		return out, err
	}
}

// accept checks one argument.
func (f *function) accept(b bounds, i int, arg any) error {
	if want := f.arg(i); want != anyType && arg != nil && kindOf(arg) != want {
		return faultf("%s", f.needs(want, kindOf(arg)))
	}
	if s, ok := arg.(string); ok && len(s) > b.read {
		return faultf("%s reads a text of more than %d KiB", f.name, b.read>>10)
	}
	return nil
}

// arg is the wanted type of an argument.
func (f *function) arg(i int) Type {
	return f.args[min(i, len(f.args)-1)]
}

func (f *function) needs(want, got Type) string {
	return f.name + " needs " + want.noun() + ", not " + got.noun()
}

func (f *function) countMessage(got int) string {
	atLeast := ""
	if f.many {
		atLeast = "at least "
	}
	if f.optional > 0 {
		return fmt.Sprintf("%s takes %d to %d arguments, not %d", f.name, len(f.args)-f.optional, len(f.args), got)
	}
	plural := "s"
	if len(f.args) == 1 {
		plural = ""
	}
	return fmt.Sprintf("%s takes %s%d argument%s, not %d", f.name, atLeast, len(f.args), plural, got)
}
