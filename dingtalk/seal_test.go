package dingtalk

import (
	"bytes"
	"testing"

	"workbell/secret"
)

// TestSeal: only the same secret opens it, whole and unchanged, and the same
// text sealed twice cannot be recognised.
func TestSeal(t *testing.T) {
	t.Parallel()
	key := secret.New("suiteSecret")
	for _, plain := range []string{"", "1cc1bb3xxxx"} {
		sealed := Seal(key, []byte(plain))
		if got, err := Open(key, sealed); err != nil || string(got) != plain {
			t.Errorf("%q is opened as %q, %v", plain, got, err)
		}
		if plain != "" && bytes.Contains(sealed, []byte(plain)) {
			t.Errorf("%q holds it", sealed)
		}
		if bytes.Equal(sealed, Seal(key, []byte(plain))) {
			t.Error("sealed twice it is the same")
		}
		if _, err := Open(secret.New("suitesecret"), sealed); err == nil {
			t.Error("another secret opens it")
		}
		for i := range sealed {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1
			if _, err := Open(key, changed); err == nil {
				t.Fatalf("it opens with byte %d changed", i)
			}
			if _, err := Open(key, sealed[:i]); err == nil {
				t.Fatalf("the first %d bytes of it open", i)
			}
		}
	}
}
