package transform

import (
	"slices"

	"scimshim/transform/scim"
)

// enterBelieve asks the vendor for any answer at all before an absence is
// passed on that nothing else vouches for.
func (p *Plan) enterBelieve() Move {
	empty := p.request.Operation == Find && p.reply == nil && len(p.search.hits) == 0 && !p.search.asked
	if p.believed || !p.absent && !p.vanished && !empty || p.last.Shown && (!p.last.Flood || p.request.refers) {
		return nil
	}
	if p.last.Flood && !empty && !p.request.refers { // nobody is forgotten for it
		p.doubtAbsence("too many resources have been reported absent within a minute")
		return nil
	}
	nobody := scim.String("scimshim" + p.facts.Random)
	pages := &p.search.pages
	pages.page = 0
	pages.restart()
	call, env := p.kind.List, pages.env(nobody)
	for _, find := range p.kind.Finds {
		// A look by key that finds nobody says no more than the read that is doubted.
		byKey := !find.Item.IsZero() && find.Items.IsZero()
		by := slices.IndexFunc(find.By, By.text)
		if by >= 0 && (call == nil || find.When == nil && !byKey) {
			call, env = find.Call, p.findEnv(scim.Comparison{Path: find.By[by].Path, Operator: find.By[by].Operator, Value: nobody})
			break
		}
	}
	if call == nil {
		p.doubtAbsence("nothing has been read from the vendor since it last failed")
		return nil
	}
	return p.sendPage(pages, call, "see whether the vendor answers as it should", env)
}

func (p *Plan) takeBelieve(got Outcome) {
	p.believed = true
	if got.Kind != Found && (p.absent || p.vanished) {
		p.doubtAbsence("the vendor does not answer a search as it should")
	} else if got.Kind != Found && got.Kind != Absent {
		p.fail(got)
	}
	p.done()
}

func (p *Plan) doubtAbsence(why string) {
	p.pending = nil
	p.fail(Outcome{Status: 503, RetryAfter: retryUnavailable, Detail: "the vendor says that the resource is absent, which is not believed: " + why})
}
