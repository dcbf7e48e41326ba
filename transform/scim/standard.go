package scim

// The schemas of RFC 7643 section 8.7, in its order. Each call gives a schema
// of its own, since a vendor file may narrow one.

const (
	UserURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// CoreUser is the User schema.
func CoreUser() *Schema {
	return NewSchema(UserURN, "User", "User Account",
		&Attribute{Name: "userName", Required: true, Uniqueness: "server",
			Description: "What the user signs in with; unique at the service provider"},
		&Attribute{Name: "name", Description: "The parts of the user's name", Sub: []*Attribute{
			{Name: "formatted", Description: "The whole name as it is displayed"},
			{Name: "familyName", Description: "The family name, or last name"},
			{Name: "givenName", Description: "The given name, or first name"},
			{Name: "middleName", Description: "The middle names"},
			{Name: "honorificPrefix", Description: "The title, such as Ms."},
			{Name: "honorificSuffix", Description: "The suffix, such as III"},
		}},
		&Attribute{Name: "displayName", Description: "The name to show to other users"},
		&Attribute{Name: "nickName", Description: "The casual name"},
		&Attribute{Name: "profileUrl", Type: TypeReference, ReferenceTypes: []string{"external"},
			Description: "The address of the user's profile page"},
		&Attribute{Name: "title", Description: "The job title"},
		&Attribute{Name: "userType", Description: "The relation to the organization, such as Employee"},
		&Attribute{Name: "preferredLanguage", Description: "The preferred languages, as in the header Accept-Language"},
		&Attribute{Name: "locale", Description: "The locale for currency, dates and numbers"},
		&Attribute{Name: "timezone", Description: "The time zone, such as Europe/Berlin"},
		&Attribute{Name: "active", Type: TypeBoolean, Description: "Whether the account may be used"},
		&Attribute{Name: "password", Mutability: "writeOnly", Returned: "never",
			Description: "The clear-text password, for setting or comparing it only"},
		plural("emails", "The e-mail addresses", &Attribute{}, "work", "home", "other"),
		plural("phoneNumbers", "The telephone numbers", &Attribute{},
			"work", "home", "mobile", "fax", "pager", "other"),
		plural("ims", "The addresses for instant messages", &Attribute{},
			"aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
		plural("photos", "The addresses of pictures of the user",
			&Attribute{Type: TypeReference, ReferenceTypes: []string{"external"}}, "photo", "thumbnail"),
		addresses(),
		userGroups(),
		plural("entitlements", "What the user is entitled to", &Attribute{}),
		plural("roles", "The roles of the user", &Attribute{}),
		plural("x509Certificates", "The certificates of the user", &Attribute{Type: TypeBinary}),
	)
}

// plural is a multi-valued attribute with the usual sub-attributes (RFC 7643
// section 2.4). Section 8.7.1 leaves `type` of some of them without canonical values.
func plural(name, description string, value *Attribute, types ...string) *Attribute {
	value.Name, value.Description = "value", "The value itself"
	return &Attribute{Name: name, MultiValued: true, Description: description, Sub: []*Attribute{
		value,
		{Name: "display", Description: "The value as it is displayed"},
		{Name: "type", Description: "What the value is used for", CanonicalValues: types},
		primary(),
	}}
}

func primary() *Attribute {
	return &Attribute{Name: "primary", Type: TypeBoolean,
		Description: "Whether this is the preferred value; true at most once"}
}

// addresses has a `primary` that section 8.7.1 leaves out and section 2.4 gives
// to every multi-valued attribute: clients send it.
func addresses() *Attribute {
	return &Attribute{Name: "addresses", MultiValued: true, Description: "The postal addresses", Sub: []*Attribute{
		{Name: "formatted", Description: "The whole address as it is displayed"},
		{Name: "streetAddress", Description: "The street, house number and the like"},
		{Name: "locality", Description: "The city"},
		{Name: "region", Description: "The state or region"},
		{Name: "postalCode", Description: "The postal code"},
		{Name: "country", Description: "The country, as in ISO 3166-1 alpha-2"},
		{Name: "type", Description: "What the address is used for", CanonicalValues: []string{"work", "home", "other"}},
		primary(),
	}}
}

func userGroups() *Attribute {
	return &Attribute{Name: "groups", MultiValued: true, Mutability: "readOnly",
		Description: "The groups that the user belongs to", Sub: []*Attribute{
			{Name: "value", Mutability: "readOnly", Description: "The id of the group"},
			{Name: "$ref", Type: TypeReference, Mutability: "readOnly", ReferenceTypes: []string{"User", "Group"},
				Description: "The address of the group"},
			{Name: "display", Mutability: "readOnly", Description: "The name of the group"},
			{Name: "type", Mutability: "readOnly", CanonicalValues: []string{"direct", "indirect"},
				Description: "Whether the user is a member itself or through another group"},
		}}
}

// EnterpriseUser is the enterprise extension of the User schema.
func EnterpriseUser() *Schema {
	return NewSchema(EnterpriseURN, "EnterpriseUser", "Enterprise User",
		&Attribute{Name: "employeeNumber", Description: "The identifier that the organization gave the user"},
		&Attribute{Name: "costCenter", Description: "The cost center"},
		&Attribute{Name: "organization", Description: "The organization"},
		&Attribute{Name: "division", Description: "The division"},
		&Attribute{Name: "department", Description: "The department"},
		&Attribute{Name: "manager", Description: "The user's manager", Sub: []*Attribute{
			{Name: "value", Description: "The id of the manager"},
			{Name: "$ref", Type: TypeReference, ReferenceTypes: []string{"User"}, Description: "The address of the manager"},
			{Name: "displayName", Mutability: "readOnly", Description: "The name of the manager"},
		}},
	)
}

// CoreGroup is the Group schema. Its name is required, as section 4.2 has it and
// section 8.7.1 has not. Its members have the `display` of section 2.4, which
// section 8.7.1 leaves out and clients send; their values differ in case as the
// ids do that they are.
func CoreGroup() *Schema {
	return NewSchema(GroupURN, "Group", "Group",
		&Attribute{Name: "displayName", Required: true, Description: "The name of the group"},
		&Attribute{Name: "members", MultiValued: true, Description: "The members of the group", Sub: []*Attribute{
			{Name: "value", CaseExact: true, Mutability: "immutable", Description: "The id of the member"},
			{Name: "$ref", Type: TypeReference, Mutability: "immutable", ReferenceTypes: []string{"User", "Group"},
				Description: "The address of the member"},
			{Name: "display", Mutability: "immutable", Description: "The name of the member"},
			{Name: "type", Mutability: "immutable", CanonicalValues: []string{"User", "Group"},
				Description: "Whether the member is a user or a group"},
		}},
	)
}

// common are the attributes of every resource (RFC 7643 section 3.1), which
// belong to no schema and are not shown by /Schemas.
func common() []*Attribute {
	attributes := []*Attribute{
		{Name: "schemas", Type: TypeReference, MultiValued: true, Required: true, CaseExact: true, Mutability: "readOnly",
			Returned: "always"},
		{Name: "id", CaseExact: true, Mutability: "readOnly", Returned: "always", Uniqueness: "server"},
		{Name: "externalId", CaseExact: true},
		{Name: "meta", Mutability: "readOnly", Sub: []*Attribute{
			{Name: "resourceType", CaseExact: true, Mutability: "readOnly"},
			{Name: "created", Type: TypeDateTime, Mutability: "readOnly"},
			{Name: "lastModified", Type: TypeDateTime, Mutability: "readOnly"},
			{Name: "location", Type: TypeReference, CaseExact: true, Mutability: "readOnly"},
			{Name: "version", CaseExact: true, Mutability: "readOnly"},
		}},
	}
	complete(attributes)
	return attributes
}
