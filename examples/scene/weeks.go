package scene

import (
	"strings"
	"testing"

	"scimshim/examples/entra"
)

// NoPatch has a vendor that cannot PATCH, and a file that says so. What a PUT
// sends back of what was read may be unknown to the vendor.
func (p *Play) NoPatch() {
	const users = "\nusers:\n"
	if !strings.Contains(p.Files.Vendor, users) {
		panic("BUG: the vendor file has no users")
	}
	p.Quirks.PatchUnsupported, p.Quirks.DropsUnknown = true, true
	p.Files.Vendor = strings.Replace(p.Files.Vendor, users, users+"  update: PUT /Users/{id}\n", 1)
}

// Weeks plays what happens to six people in each of the variations. steps are
// told how the vendor is updated, and what reads that takes beside a PATCH.
func Weeks(t *testing.T, play func() Play, variations map[string]func(*Play), steps func(update string, reads int) []Step) {
	for name, vary := range variations {
		t.Run(name, func(t *testing.T) {
			p := play()
			vary(&p)
			update, reads := Patch, 0
			if p.Quirks.PatchUnsupported {
				update, reads = Put, 1 // what a PUT sends of the rest has to be read
			}
			s := New(t, p)
			s.Run(t, steps(update, reads))
		})
	}
}

// Farewell is how weeks end: two of six are deleted, with so many reads before,
// and the job is restarted.
func Farewell(reads int) []Step {
	return []Step{
		{Name: "deleted", Do: func(s *Scene) {
			s.Service.Purge(s.People[2].ObjectID)
			s.Service.Purge(s.People[5].ObjectID)
		},
			Requests: Requests{entra.Probe: 1, entra.GetUser: 4, entra.DeleteUser: 2},
			Calls:    Calls{Find: 1, Read: 4 + reads, Delete: 2}},
		{Name: "job restarted", Do: func(s *Scene) { s.Service.Restart() },
			Requests: Requests{entra.Probe: 1, entra.FilterUser: 4, entra.GetUser: 4},
			Calls:    Calls{Find: 5, Read: 4}},
	}
}
