package transform

// Trace is what explain and the log tell of a plan.
type Trace struct {
	Fired   []Firing
	Sending []Sending
	Kept    []string // attributes whose sent value is remembered
	Dropped []Dropped
	Resent  []string // attributes that Entra sent again although it was shown them
	Blind   bool     // a PATCH that needed no read
}

// Dropped is what was ignored or dropped, and why. Entra sends a dozen attributes
// with each user that no file maps: they become text only where somebody reads it.
type Dropped struct {
	URN     string // of the extension that an unmapped attribute is in
	Subject string
	Why     string
	Grave   bool // somebody may want to do something about it
}

func (d Dropped) String() string { return string(d.AppendTo(nil)) }

// AppendTo appends the text of String.
func (d Dropped) AppendTo(text []byte) []byte {
	if d.URN != "" {
		text = append(append(text, d.URN...), ':')
	}
	return append(append(append(text, d.Subject...), ": "...), d.Why...)
}
