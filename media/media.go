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

// limits are what media/upload and messages take of each kind: where DingTalk's
// pages disagree (20 MB or 1 MB for an image, 20 MB or 10 MB for a file) the
// smaller number. MB is read as 10^6 bytes.
var limits = []struct {
	kind    Kind
	max     int64
	formats []string
}{
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
func (f *File) look(root *os.Root) error {
	extension := strings.ToLower(strings.TrimPrefix(path.Ext(f.Name), "."))
	var known []string
	for _, l := range limits {
		known = append(known, l.formats...)
		if !slices.Contains(l.formats, extension) {
			continue
		}
		f.Kind = l.kind
		content, err := read(root, f.Name, l.max)
		f.Size, f.Sum = int64(len(content)), sum(content)
		return err
	}
	return fmt.Errorf("DingTalk takes no %q files: the name must end in one of %s", extension, strings.Join(known, ", "))
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
		return nil, errors.New("it is empty")
	case int64(len(content)) > max:
		return nil, fmt.Errorf("it has more than the %d bytes that DingTalk takes: make it smaller", max)
	}
	return content, nil
}

func sum(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}
