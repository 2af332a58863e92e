// Package media reads the files of media_dir, which messages may name.
//
// In comes a folder; out go its files with their kind, their size and the hash
// of what they hold, by which an upload is known again. It never opens anything
// outside the folder, nor uploads anything.
package media

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// A Kind is what DingTalk calls the type of an upload: image, voice or file.
type Kind string

// The kinds of files that a message may name.
const (
	Image   Kind = "image"
	Voice   Kind = "voice"
	Regular Kind = "file"
)

// Limit is what DingTalk takes of one kind.
type Limit struct {
	Kind     Kind
	MaxBytes int64
	Formats  []string // how the file's name ends, in lower case, without the dot
}

// Limits are what media/upload and messages take of each kind. Where DingTalk's
// pages disagree it is the smaller number, since a larger file may be refused,
// or accepted and then not shown: for images 1 MB of the global error table
// (40006), not the 20 MB of the page of media/upload; for files the 10 MB of the
// message types and of 40006, not 20. A MB is read as 10^6 bytes.
var Limits = []Limit{
	{Image, 1e6, []string{"jpg", "gif", "png", "bmp"}},
	{Voice, 2e6, []string{"amr", "mp3", "wav"}},
	{Regular, 10e6, []string{"doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar"}},
}

// File is one file of the folder.
type File struct {
	Name string // as templates name it: without the folder
	Kind Kind
	Size int64
	Sum  string // SHA-256 of what it holds, in hex

	dir string
}

// Load lists the files of a folder, by name. What is hidden (its name begins
// with a dot) and folders in it are passed over. The error names every file
// that no message can use, and what to do; the files are those that can.
func Load(dir string) ([]File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder of media: %w", err)
	}
	defer func() { _ = root.Close() }()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("listing the folder of media: %w", err)
	}
	var files []File
	var faults []error
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || e.IsDir() {
			continue
		}
		f := File{Name: e.Name(), dir: dir}
		if err := f.look(root); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", e.Name(), err))
			continue
		}
		files = append(files, f)
	}
	return files, errors.Join(faults...)
}

// look fills in all but the name.
func (f *File) look(root *os.Root) (err error) {
	if f.Kind, err = KindOf(f.Name); err != nil {
		return err
	}
	content, err := read(root, f.Name, limitOf(f.Kind))
	f.Size, f.Sum = int64(len(content)), sum(content)
	return err
}

// KindOf returns the kind of a file by the end of its name.
func KindOf(name string) (Kind, error) {
	extension := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	var known []string
	for _, l := range Limits {
		if slices.Contains(l.Formats, extension) {
			return l.Kind, nil
		}
		known = append(known, l.Formats...)
	}
	return "", fmt.Errorf("DingTalk takes no %q files: the name must end in one of %s", extension, strings.Join(known, ", "))
}

// Check says why DingTalk would not take a file of that name and size as that
// kind.
func Check(kind Kind, name string, size int64) error {
	is, err := KindOf(name)
	switch {
	case err != nil:
		return err
	case is != kind:
		return fmt.Errorf("%q is of the kind %s, not %s", name, is, kind)
	case size == 0:
		return errEmpty
	case size > limitOf(kind):
		return tooLarge(limitOf(kind))
	}
	return nil
}

var errEmpty = errors.New("it is empty")

func tooLarge(max int64) error {
	return fmt.Errorf("it has more than the %d bytes that DingTalk takes: make it smaller", max)
}

func limitOf(kind Kind) int64 {
	for _, l := range Limits {
		if l.Kind == kind {
			return l.MaxBytes
		}
	}
	return 0
}

// Content reads the file. It fails where the file holds something else than
// when it was listed.
func (f File) Content() ([]byte, error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder of media: %w", err)
	}
	defer func() { _ = root.Close() }()
	content, err := read(root, f.Name, f.Size)
	if err == nil && sum(content) != f.Sum {
		err = errors.New("it has been changed since it was listed; reload")
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", f.Name, err)
	}
	return content, nil
}

// read reads a file of at most max bytes that is no folder, device or pipe.
func read(root *os.Root, name string, max int64) ([]byte, error) {
	// A pipe would make Open wait for its other end.
	switch info, err := root.Stat(name); {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no regular file")
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, max+1))
	switch {
	case err != nil:
		return nil, err
	case len(content) == 0:
		return nil, errEmpty
	case int64(len(content)) > max:
		return nil, tooLarge(max)
	}
	return content, nil
}

func sum(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}
