package entra

// Group is a group of the Entra directory.
type Group struct {
	ObjectID     string // names the group in the directory, for ever
	DisplayName  string
	MailNickname string
	Members      []string // ObjectIDs; those that are no users are skipped, for Entra does not nest groups
}

// source gives the value of a mapping's source; "" is a null, which the service
// does not send.
func (g Group) source(name string) (value string, known bool) {
	switch name {
	case "objectId":
		return g.ObjectID, true
	case "displayName":
		return g.DisplayName, true
	case "mailNickname":
		return g.MailNickname, true
	}
	return "", false
}

func (g Group) objectID() string { return g.ObjectID }

// softDeleted is false: what disables a user deletes a group.
func (g Group) softDeleted() bool { return false }

func (g Group) references() []string { return g.Members }
