package sandbox

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"path"
	"slices"
	"strings"
)

// mediaLimits are the most bytes and the formats of each kind. Where the
// documents disagree about a size the smaller counts: 1 MB for images and 10 MB
// for files, of the global error table (40006).
var mediaLimits = map[string]struct {
	most    int
	formats string
}{
	"image": {1_000_000, "jpg gif png bmp"},
	"voice": {2_000_000, "amr mp3 wav"},
	"video": {20_000_000, "mp4"},
	"file":  {10_000_000, "doc docx xls xlsx ppt pptx zip pdf rar"},
}

// maxMedia bounds the media ids that are kept; past it the oldest go.
const maxMedia = 10_000

// upload is media/upload. The content is not kept, only that there is such an id.
func (s *Sandbox) upload(_ *app, _ params, r request) *reply {
	form, refused := readForm(r)
	if refused != nil {
		return refused
	}
	kind := cmp.Or(form.kind, r.URL.Query().Get("type"))
	limit, known := mediaLimits[kind]
	if !known {
		return refuse(40004, "不合法的媒体文件类型")
	}
	if form.filename == "" {
		return missing("media")
	}
	switch format := strings.ToLower(strings.TrimPrefix(path.Ext(form.filename), ".")); {
	case !slices.Contains(strings.Fields(limit.formats), format):
		return refuse(40005, "不合法的文件类型")
	case len(form.content) == 0 || len(form.content) > limit.most:
		return refuse(40006, "不合法的文件大小")
	}
	sum := sha256.Sum256(append([]byte(kind+"/"+form.filename+"/"), form.content...))
	answer := accepted()
	answer.MediaID, answer.CreatedAt, answer.Type = "$"+base64.RawURLEncoding.EncodeToString(sum[:15]), r.at.UnixMilli(), kind
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.media, answer.MediaID) {
		if len(s.media) >= maxMedia {
			s.media = s.media[1:]
		}
		s.media = append(s.media, answer.MediaID)
	}
	return answer
}

// mediaForm is the form of an upload.
type mediaForm struct {
	kind, filename string
	content        []byte
}

func readForm(r request) (mediaForm, *reply) {
	var f mediaForm
	contentType, says, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || contentType != "multipart/form-data" {
		return f, refuse(43008, "参数需要multipart类型")
	}
	for parts := multipart.NewReader(bytes.NewReader(r.body), says["boundary"]); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return f, refuse(40038, "不合法的请求格式")
		}
		content, err := io.ReadAll(part)
		switch {
		case err != nil:
			return f, refuse(40038, "不合法的请求格式")
		case part.FormName() == "type":
			f.kind = string(content)
		case part.FormName() == "media":
			f.filename, f.content = part.FileName(), content
		default:
			return f, invalid(part.FormName())
		}
	}
}

// hasMedia says whether there is such a media id.
func (s *Sandbox) hasMedia(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opt.AdoptUnknown || slices.Contains(s.media, id)
}
