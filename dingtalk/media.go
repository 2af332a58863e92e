package dingtalk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// MediaLimit is what DingTalk takes of one kind of media.
type MediaLimit struct {
	MaxBytes int
	Formats  []string // of the file's name, in lower case, without the dot
}

// MediaLimits are the kinds that work notifications can hold. The documents
// disagree about two sizes; the smaller is taken here, since a larger file may
// be refused, or accepted and then not shown: for images 1 MB of the global
// error table (40006), not the 20 MB of the page of media/upload; for files the
// 10 MB of the message types and of 40006, not 20. A MB counts as 1,000,000
// bytes.
func MediaLimits() map[string]MediaLimit {
	return map[string]MediaLimit{
		"image": {1_000_000, []string{"jpg", "gif", "png", "bmp"}},
		"voice": {2_000_000, []string{"amr", "mp3", "wav"}},
		"file":  {10_000_000, []string{"doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar"}},
	}
}

// CheckMedia says why DingTalk would not take a file of that name and size.
func CheckMedia(kind, filename string, size int) error {
	limit, known := MediaLimits()[kind]
	format := strings.ToLower(strings.TrimPrefix(path.Ext(filename), "."))
	switch {
	case !known:
		return fmt.Errorf("%q is no kind of media; there are %s", kind, strings.Join(slices.Sorted(maps.Keys(MediaLimits())), ", "))
	case !slices.Contains(limit.Formats, format):
		return fmt.Errorf("DingTalk takes no %q as %s; it takes %s", format, kind, strings.Join(limit.Formats, ", "))
	case size == 0:
		return errors.New("it is empty")
	case size > limit.MaxBytes:
		return fmt.Errorf("it has %d bytes; DingTalk takes %d at most as %s", size, limit.MaxBytes, kind)
	}
	return nil
}

// uploadTimeouts is how many times as long as another call an upload may take.
const uploadTimeouts = 6

// maxMediaID is the most bytes of a media id.
const maxMediaID = 256

const uploading = "uploading media"

// UploadMedia uploads a file to DingTalk with media/upload and returns its id,
// which is good without end, and as often as needed. kind is one of MediaLimits,
// whose limits are checked before the call. It may take six times as long as
// another call. Its error is an *Error.
func (c *Client) UploadMedia(ctx context.Context, kind, filename string, content []byte) (mediaID string, err error) {
	if err := CheckMedia(kind, filename, len(content)); err != nil {
		return "", &Error{Doing: uploading, Action: GiveUp, Outcome: Unsent, Message: err.Error()}
	}
	// DingTalk's page has type in the form, and in the query where 40004 comes.
	r := request{path: "/media/upload", query: url.Values{"type": {kind}}, timeout: uploadTimeouts * c.timeout}
	if r.contentType, r.body, err = mediaForm(kind, filename, content); err != nil {
		return "", &Error{Doing: uploading, Action: GiveUp, Outcome: Unsent, Message: err.Error()}
	}
	var answer struct {
		MediaID text `json:"media_id"`
	}
	e := c.call(ctx, uploading, r, &answer)
	if e == nil && (answer.MediaID == "" || len(answer.MediaID) > maxMediaID) {
		e = unreadable(http.StatusOK, "the answer holds no media_id")
		e.Doing = uploading
	}
	if e != nil {
		return "", e
	}
	return string(answer.MediaID), nil
}

func mediaForm(kind, filename string, content []byte) (contentType string, body []byte, err error) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	if err := form.WriteField("type", kind); err != nil {
		return "", nil, err
	}
	part, err := form.CreateFormFile("media", path.Base(filename))
	if err != nil {
		return "", nil, err
	}
	if _, err := part.Write(content); err != nil {
		return "", nil, err
	}
	if err := form.Close(); err != nil {
		return "", nil, err
	}
	return form.FormDataContentType(), b.Bytes(), nil
}
