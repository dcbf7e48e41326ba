package provider

import "maps"

// Users gives a copy of every user, ordered by id: its attributes and its id,
// without schemas and meta. It is no call, and neither is anything else that an
// administrator does in the vendor's portal.
func (p *Provider) Users() []map[string]any { return p.copies(users) }

// Groups gives a copy of every group, in the manner of Users.
func (p *Provider) Groups() []map[string]any { return p.copies(groups) }

func (p *Provider) copies(of *resourceType) (out []map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range p.store.all(of) {
		out = append(out, u.resource())
	}
	return out
}

// Insert is an administrator who adds a user in the vendor's portal, and gives
// its id. The resource is a User of RFC 7643; nothing else is demanded of it.
func (p *Provider) Insert(resource map[string]any) (id string) {
	return p.insert(rules{p.quirks, users}, resource)
}

// InsertGroup is the same for a Group.
func (p *Provider) InsertGroup(resource map[string]any) (id string) {
	return p.insert(p.quirks.forGroups(), resource)
}

func (p *Provider) insert(by rules, resource map[string]any) (id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.store.insert(by.of, by.byHand(resource)).id
}

// Edit is an administrator who changes a user in the vendor's portal: edit gets
// a copy, which then replaces the user, and must not call the provider. It is
// false when there is no such user.
func (p *Provider) Edit(id string, edit func(resource map[string]any)) bool {
	return p.edit(rules{p.quirks, users}, id, edit)
}

// EditGroup is the same for a group.
func (p *Provider) EditGroup(id string, edit func(resource map[string]any)) bool {
	return p.edit(p.quirks.forGroups(), id, edit)
}

func (p *Provider) edit(by rules, id string, edit func(resource map[string]any)) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, refused := p.store.find(by.of, id)
	if refused != nil {
		return false
	}
	resource := u.resource()
	edit(resource)
	p.store.replace(u, by.byHand(resource))
	return true
}

func (q *rules) byHand(resource map[string]any) map[string]any {
	attributes := clone(resource)
	maps.DeleteFunc(attributes, func(name string, _ any) bool { return readOnly(name) })
	q.settle(attributes)
	return attributes
}
