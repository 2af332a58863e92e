package dingtalk

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"

	"workbell/secret"
)

// Seal encrypts plain with AES-256-GCM and a random nonce, under a key that
// HKDF-SHA256 derives from key. Only Open with the same key reads it.
func Seal(key secret.Secret, plain []byte) []byte {
	return sealer(key).Seal(nil, nil, plain, nil) // #nosec G407 -- the cipher makes the nonce itself
}

// Open returns what Seal encrypted. It fails where the key is another, or a
// byte has changed.
func Open(key secret.Secret, sealed []byte) ([]byte, error) {
	plain, err := sealer(key).Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, errors.New("opening what is sealed: it was sealed with another secret, or has changed")
	}
	return plain, nil
}

// sealer cannot fail: the length of the key is that of AES-256, and far from
// the most that HKDF gives.
func sealer(key secret.Secret) cipher.AEAD {
	derived, err := hkdf.Key(sha256.New, []byte(key.Reveal()), nil, "workbell access token", 32)
	if err != nil {
		panic("dingtalk: deriving a key: " + err.Error())
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		panic("dingtalk: making a cipher: " + err.Error())
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("dingtalk: making a cipher: " + err.Error())
	}
	return aead
}
