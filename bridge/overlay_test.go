package bridge

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
)

// forbidden is a folder that may not be read.
type forbidden struct{}

// Open fails as the system does.
func (forbidden) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}

// A folder that is missing is as good as empty; one that may not be read is not.
func TestOverlay(t *testing.T) {
	t.Parallel()
	below := fstest.MapFS{"a.tmpl": {}, "b.tmpl": {}}
	if list, err := fs.ReadDir(overlay{fstest.MapFS{"b.tmpl": {}, "c.tmpl": {}}, below}, "."); err != nil || len(list) != 3 {
		t.Errorf("both: %v %v", list, err)
	}
	missing, err := fs.Sub(fstest.MapFS{}, "missing")
	if err != nil {
		t.Fatal(err)
	}
	if list, err := fs.ReadDir(overlay{missing, below}, "."); err != nil || len(list) != 2 {
		t.Errorf("without the upper: %v %v", list, err)
	}
	if list, err := fs.ReadDir(overlay{forbidden{}, below}, "."); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("with an upper that may not be read: %v %v", list, err)
	}
}
