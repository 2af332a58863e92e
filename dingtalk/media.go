package dingtalk

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"

	"workbell/media"
)

// uploadTimeouts is how many times as long as another call an upload may take.
const uploadTimeouts = 6

// maxMediaID is the most bytes of a media id.
const maxMediaID = 256

const uploading = "uploading media"

// UploadMedia uploads a file to DingTalk with media/upload and returns its id,
// which is good without end, and as often as needed. media.Limits are
// checked before the call. It may take six times as long as
// another call. Its error is an *Error.
func (c *Client) UploadMedia(ctx context.Context, kind media.Kind, filename string, content []byte) (mediaID string, err error) {
	if err := media.Check(kind, filename, int64(len(content))); err != nil {
		return "", &Error{Doing: uploading, Action: GiveUp, Outcome: Unsent, Message: err.Error()}
	}
	// DingTalk's page has type in the form, and in the query where 40004 comes.
	r := request{path: "/media/upload", query: url.Values{"type": {string(kind)}}, timeout: uploadTimeouts * c.timeout}
	if r.contentType, r.body, err = mediaForm(string(kind), filename, content); err != nil {
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
