package entra

// endpoint is what differs between the two that the service provisions to.
type endpoint struct {
	path      string
	noun      string   // what is found there, in texts
	excluded  string   // what reads ask not to be shown; "": nothing
	schemas   []string // of a POST
	resource  string   // meta.resourceType of a POST
	reference string   // the source that refers to users, and its name in a filter

	probe, filter, get, post, patch, delete Kind
	check                                   Kind // of a reference
}

const (
	coreURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	groupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	// adscimURN stands beside the Group's in every POST of one. Nobody but
	// Microsoft knows it.
	adscimURN = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
)

var userEndpoint = &endpoint{
	path: "/Users", noun: "users", schemas: []string{coreURN, enterpriseURN}, resource: "User", reference: "manager",
	probe: Probe, filter: FilterUser, get: GetUser, post: PostUser, patch: PatchUser, delete: DeleteUser, check: CheckManager,
}

var groupEndpoint = &endpoint{
	path: "/Groups", noun: "groups", excluded: "members", schemas: []string{groupURN, adscimURN}, resource: "Group", reference: "members",
	probe: ProbeGroup, filter: FilterGroup, get: GetGroup, post: PostGroup, patch: PatchGroup, delete: DeleteGroup, check: CheckMember,
}
