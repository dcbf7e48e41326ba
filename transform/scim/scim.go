// Package scim is the vocabulary of RFC 7643 and RFC 7644: values, schemas,
// attribute paths, filters, PATCH, errors and lists. It is pure and knows no
// vendor.
//
// A Value is a JSON tree, used for SCIM resources and native bodies alike. A
// Catalog knows the attributes of one resource type; Catalog.Fold brings what a
// client sent into the canonical form that Path, Filter and Patch work on.
// Microsoft Entra ID departs from the RFCs in many places: each place that
// gives way to it says so.
package scim
