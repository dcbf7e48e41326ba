package app

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// statuses are the values of zimbraAccountStatus.
var statuses = []string{"active", "closed", "locked", "lockout", "maintenance", "pending"}

// attributes are some of those that an account may have.
var attributes = []string{"displayName", "givenName", "sn", "cn", "title", "company", "telephoneNumber", "mobile", "street", "l", "st",
	"postalCode", "co", "description", "zimbraNotes", "zimbraAccountStatus", "zimbraIsAdminAccount", "zimbraMailQuota", "zimbraPrefLocale",
	"zimbraMailAlias", "zimbraCOSId"}

// fixed are those that no call may set.
var fixed = []string{"zimbraId", "uid", "mail", "objectClass", "zimbraMailDeliveryAddress"}

func (a *App) create(request *node) (*node, *fault) {
	name := strings.ToLower(strings.TrimSpace(request.value("name")))
	if failed := a.nameable(name); failed != nil {
		return nil, failed
	}
	account := &Account{Attributes: map[string][]string{}}
	if failed := account.set(request); failed != nil {
		return nil, failed
	}
	return element("CreateAccountResponse", a.add(name, account.Attributes).node(true, nil)), nil
}

// nameable tells whether an account can get this name.
func (a *App) nameable(name string) *fault {
	local, domain, found := strings.Cut(name, "@")
	switch {
	case !found || local == "" || strings.ContainsAny(name, " \t<>()"):
		return &fault{code: "service.INVALID_REQUEST", reason: "invalid request: must be valid email address: " + name}
	case domain != a.domain:
		return &fault{code: "account.NO_SUCH_DOMAIN", reason: "no such domain: " + domain}
	case a.taken(name):
		return &fault{code: "account.ACCOUNT_EXISTS", reason: "email address already exists: " + name}
	}
	return nil
}

// taken: an address is one, whether it is a name or an alias.
func (a *App) taken(name string) bool {
	for _, account := range a.accounts {
		if account.Name == name || slices.Contains(account.Attributes["zimbraMailAlias"], name) {
			return true
		}
	}
	return false
}

// set changes the attributes that a request names: all values of one are
// replaced, and an empty one removes it.
func (a *Account) set(request *node) *fault {
	names, values := request.attrs()
	next := maps.Clone(a.Attributes)
	for _, name := range names {
		switch {
		case slices.Contains(fixed, name):
			return &fault{code: "service.INVALID_REQUEST", reason: "invalid request: " + name + " is an immutable attribute"}
		case !slices.Contains(attributes, name):
			return &fault{code: "account.INVALID_ATTR_NAME", reason: "invalid attr name: unable to modify attributes: " + name}
		case name == "zimbraAccountStatus" && !slices.Contains(statuses, values[name][0]):
			return &fault{code: "account.INVALID_ATTR_VALUE", reason: "invalid attr value: zimbraAccountStatus must be one of: " + strings.Join(statuses, ",")}
		case name == "sn" && values[name][0] == "" && a.ID != "":
			return &fault{code: "account.INVALID_ATTR_VALUE", reason: "invalid attr value: object class violation"}
		case values[name][0] == "":
			delete(next, name)
		default:
			next[name] = values[name]
		}
	}
	a.Attributes = next
	return nil
}

func (a *App) byID(id string) (*Account, *fault) {
	if account := a.accounts[id]; account != nil {
		return account, nil
	}
	return nil, &fault{code: "account.NO_SUCH_ACCOUNT", reason: "no such account: " + id}
}

func (a *App) get(request *node) (*node, *fault) {
	selector := request.child("account")
	if selector == nil {
		return nil, &fault{code: "service.INVALID_REQUEST", reason: "invalid request: missing required element: account"}
	}
	account := a.accounts[selector.text()]
	if selector.attribute("by") == "name" {
		account = a.named(selector.text())
	}
	if account == nil {
		return nil, &fault{code: "account.NO_SUCH_ACCOUNT", reason: "no such account: " + selector.text()}
	}
	return element("GetAccountResponse", account.node(request.attribute("applyCos") != "0", asked(request))), nil
}

// asked are the attributes that a request wants to see; none: all.
func asked(request *node) []string {
	if text := request.attribute("attrs"); text != "" {
		return strings.Split(text, ",")
	}
	return nil
}

func (a *App) modify(request *node) (*node, *fault) {
	account, failed := a.byID(request.value("id"))
	if failed != nil {
		return nil, failed
	}
	if failed := account.set(request); failed != nil {
		return nil, failed
	}
	return element("ModifyAccountResponse", account.node(true, nil)), nil
}

func (a *App) rename(request *node) (*node, *fault) {
	account, failed := a.byID(request.value("id"))
	if failed != nil {
		return nil, failed
	}
	name := strings.ToLower(strings.TrimSpace(request.value("newName")))
	if name != account.Name {
		if failed := a.nameable(name); failed != nil {
			return nil, failed
		}
	}
	account.Name = name
	return element("RenameAccountResponse", account.node(true, nil)), nil
}

func (a *App) remove(request *node) (*node, *fault) {
	account, failed := a.byID(request.value("id"))
	if failed != nil {
		return nil, failed
	}
	delete(a.accounts, account.ID)
	return element("DeleteAccountResponse"), nil
}

func (a *Account) node(cos bool, asked []string) *node {
	out := element("account").with("name", a.Name).with("id", a.ID)
	all := a.whole(cos)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if asked != nil && !slices.Contains(asked, name) {
			continue
		}
		for _, value := range all[name] {
			out.children = append(out.children, leaf("a", value).with("n", name))
		}
	}
	return out
}

// search is SearchDirectory for accounts, the only type that this program has.
func (a *App) search(request *node) (*node, *fault) {
	matches := func(map[string][]string) bool { return true }
	if query := request.value("query"); query != "" {
		var rest string
		var ok bool
		if matches, rest, ok = filter(query); !ok || rest != "" {
			return nil, &fault{code: "service.INVALID_REQUEST", reason: "invalid request: invalid search filter " + query}
		}
	}
	var hits []*Account
	types := request.attribute("types")
	for _, account := range a.sorted() {
		if (types == "" || slices.Contains(strings.Split(types, ","), "accounts")) && matches(account.whole(false)) {
			hits = append(hits, account)
		}
	}
	if most, err := strconv.Atoi(request.attribute("maxResults")); err == nil && most > 0 && len(hits) > most {
		return nil, &fault{code: "account.TOO_MANY_SEARCH_RESULTS", reason: "number of results exceeded the limit: " + strconv.Itoa(most)}
	}
	out := element("SearchDirectoryResponse")
	offset, _ := strconv.Atoi(request.attribute("offset"))
	limit, _ := strconv.Atoi(request.attribute("limit"))
	shown, more := hits[min(max(offset, 0), len(hits)):], "0"
	if limit > 0 && len(shown) > limit { // 0 means all
		shown, more = shown[:limit], "1"
	}
	for _, account := range shown {
		out.children = append(out.children, account.node(request.attribute("applyCos") != "0", asked(request)).with("isExternal", "0"))
	}
	return out.with("num", strconv.Itoa(len(shown))).with("more", more).with("searchTotal", strconv.Itoa(len(hits))), nil
}
