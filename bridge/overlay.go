package bridge

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// overlay is one folder laid over another, file by file.
type overlay struct{ top, below fs.FS }

// Open opens the upper file, or the lower where there is no upper.
func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.top.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return o.below.Open(name)
	}
	return f, err
}

// ReadDir lists the files of both. An upper folder that is there and cannot be
// read is an error: to go on without it would be to go on with other templates.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.top, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	below, errBelow := fs.ReadDir(o.below, name)
	if err != nil && errBelow != nil {
		return nil, err
	}
	for _, e := range below {
		if !slices.ContainsFunc(entries, func(t fs.DirEntry) bool { return t.Name() == e.Name() }) {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}
