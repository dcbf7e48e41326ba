// Package state is what the gateway remembers: the records of the resources it
// wrote and the intents of the creates it has not finished.
//
// Everything is read from memory and written to one SQLite file. Open
// (store.go) loads the file and keeps it locked; a Space (space.go) holds the
// records and intents of one vendor's users or groups; the writer (writer.go)
// puts the changes that wait into one transaction, so that many durable commits
// share one fsync. What is special to SQLite is in sqlite.go: the statements
// are plain SQL, and their $1 placeholders are understood by PostgreSQL too.
// InMemory is the same without a file, for runs that nobody continues.
package state
