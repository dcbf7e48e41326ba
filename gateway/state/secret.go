package state

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
)

const (
	makeSecretSQL = `INSERT INTO secret (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`
	readSecretSQL = `SELECT value FROM secret WHERE name = $1`
)

// secretSize is in bytes.
const secretSize = 32

// SigningKey is what the gateway signs its own tokens with. It is made with the
// state, so that a token outlives a restart and is good at every gateway of the
// same state: a token that is refused stops Entra at once.
func (s *Store) SigningKey() []byte { return s.signingKey }

func newSecret() []byte {
	out := make([]byte, secretSize)
	rand.Read(out)
	return out
}

// secret reads a secret of the file, which is made where there is none. Of
// several processes that make one, the first wins.
func (s *Store) secret(name string) ([]byte, error) {
	value := ""
	err := s.db.QueryRow(readSecretSQL, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		if _, err := s.db.Exec(makeSecretSQL, name, hex.EncodeToString(newSecret())); err != nil {
			return nil, err
		}
		err = s.db.QueryRow(readSecretSQL, name).Scan(&value)
	}
	if err != nil {
		return nil, err
	}
	out, err := hex.DecodeString(value)
	if err != nil || len(out) != secretSize {
		return nil, damaged(s.path, errors.New("the secret "+name+" is not 32 bytes in hexadecimal"))
	}
	return out, nil
}

const keepSecretSQL = `INSERT INTO secret (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`

// Keep writes bytes durably under a name; the caller has made them unreadable to
// others.
func (s *Store) Keep(name string, value []byte) error {
	if s.db == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.kept == nil {
			s.kept = map[string][]byte{}
		}
		s.kept[name] = value
		return nil
	}
	_, err := s.db.Exec(keepSecretSQL, name, hex.EncodeToString(value))
	return err
}

// Kept gives what was kept under a name; nil: nothing.
func (s *Store) Kept(name string) ([]byte, error) {
	if s.db == nil {
		s.mu.RLock()
		defer s.mu.RUnlock()
		return s.kept[name], nil
	}
	value := ""
	if err := s.db.QueryRow(readSecretSQL, name).Scan(&value); errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return hex.DecodeString(value)
}
