package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/audit"
	"github.com/keyceremony/ceremony/digest"
	"github.com/keyceremony/ceremony/durable"
	"github.com/keyceremony/ceremony/steps"
	"github.com/keyceremony/ceremony/transfer/camera"
	"github.com/keyceremony/ceremony/transfer/qr"
	"github.com/keyceremony/ceremony/transfer/receive"
)

type qrReceiveFlags struct {
	window bool
	windowFlags
	out, from, video, camera, format, name, state, digest string
	cameras                                               bool
}

// lastCamera is --camera without a name.
const lastCamera = "the last one"

func qrReceiveCommand(cameras camera.Cameras) *cobra.Command {
	var f qrReceiveFlags
	c := &cobra.Command{
		Use:   "receive --out DIR",
		Short: "Receive files from QR codes: a camera, pictures, films, or lines of text",
		Long: "receive takes the codes that send shows, in any order: from a camera, from lines that a scanner types or\n" +
			"that are pasted, from a picture (PNG, JPEG), a film (y4m, MJPEG), a file of lines, or a folder of these.\n" +
			"When all is there it asks for two of the eight words on the sender's screen, and only then writes the\n" +
			"files. Nothing is overwritten. Ctrl-C ends it; with --state it goes on later.\n\n" +
			"ur and bbqr, from devices of others, carry no name and no digest: compare the SHA-256 by other means.",
		Args: func(_ *cobra.Command, args []string) error { return f.named(args) },
		RunE: func(c *cobra.Command, _ []string) error {
			if f.cameras {
				return listCameras(c.OutOrStdout(), cameras)
			}
			if f.window {
				if err := windowUses(c, "out"); err != nil {
					return err
				}
				return openWindow(c.Context(), opening{receive: true, out: f.out, windowFlags: f.windowFlags})
			}
			return qrReceive(c, f, cameras)
		},
	}
	c.Flags().StringVar(&f.out, "out", "", "folder for the files; it is made if it is not there")
	c.Flags().BoolVar(&f.window, "window", false, "take them in the window: it shows what the camera sees")
	f.register(c)
	c.Flags().StringVar(&f.from, "from", "-", "a picture, a film, a file of lines, a folder of these, or - for lines from standard input")
	c.Flags().StringVar(&f.camera, "camera", "", "take them from the camera of this name; without one from that chosen last, or the first")
	c.Flags().Lookup("camera").NoOptDefVal = lastCamera
	c.Flags().BoolVar(&f.cameras, "cameras", false, "list the cameras of this machine, and end")
	c.Flags().StringVar(&f.video, "video", "", "a film (y4m, MJPEG), or - for one from standard input")
	c.Flags().StringVar(&f.format, "format", formatOwn, "kq1, ur or bbqr")
	c.Flags().StringVar(&f.name, "name", "", "name of the file, for ur and bbqr")
	c.Flags().StringVar(&f.state, "state", "", "keep what was received in this file, and go on with it")
	c.Flags().StringVar(&f.digest, "digest", "", "SHA-256 that the sender shows, instead of typing two words")
	return c
}

// named takes the name of a camera after --camera: a flag that can be without a
// value leaves it as an argument.
func (f *qrReceiveFlags) named(args []string) error {
	switch {
	case len(args) == 1 && f.camera == lastCamera:
		f.camera = args[0]
	case len(args) > 0:
		return misuse("%s: no flag has this value; files to take codes from are named with --from", steps.OneLine(args[0]))
	}
	return nil
}

func (f qrReceiveFlags) check() (want digest.SHA256, err error) {
	if err = checkFormat(f.format); err != nil {
		return want, err
	}
	if f.digest != "" {
		if want, err = digest.Parse(f.digest); err != nil {
			return want, misuse("--digest: %w", err)
		}
	}
	own := f.format == formatOwn
	switch {
	case f.out == "":
		return want, misuse("--out DIR says where the files are written")
	case own && f.name != "":
		return want, misuse("--name is for ur and bbqr: a message has the names of its files")
	case !own && f.state != "":
		return want, misuse("--state is for kq1")
	case !own && qr.CheckName(f.name) != nil:
		return want, misuse("--name %w", qr.CheckName(f.name))
	case f.camera != "" && f.video != "" || f.from != "-" && f.camera+f.video != "":
		return want, misuse("name one source: --camera, --video or --from")
	case own && f.video == "-" && f.digest == "":
		return want, misuse("--video - needs --digest: words cannot be typed while the film comes from standard input")
	}
	return want, nil
}

func qrReceive(c *cobra.Command, f qrReceiveFlags, cameras camera.Cameras) error {
	want, err := f.check()
	if err != nil {
		return err
	}
	r := &receiving{in: bufio.NewReader(c.InOrStdin()), words: c.ErrOrStderr(), cameras: cameras}
	defer r.close()
	if err := r.begin(f); err != nil {
		return err
	}
	if err := r.collect(c.Context(), f); err != nil {
		return err
	}
	m, err := r.message(f, want)
	if err != nil {
		return err
	}
	if err := keepFiles(f.out, m); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(m.Files())) {
		fmt.Fprintf(c.OutOrStdout(), "%s\n", name)
		r.toSign(name, filepath.Join(f.out, name), m.Files()[name])
	}
	return nil
}

// toSign says of a text that people sign how that is done, and how the signature
// goes back. The command is made here: what came has no say in it.
func (r *receiving) toSign(name, kept string, file []byte) {
	if command := steps.ToSign(name, kept, file); command != "" {
		fmt.Fprintf(r.words, "%s is a text to sign. Read it, and compare what stands after -n with the ceremony's screen:\n  %s\n  ceremony qr send %s\n", name, command, steps.Quoted(audit.SigName(kept)))
	}
}

// receiving is one run of the command.
type receiving struct {
	*receive.Receiving
	in      *bufio.Reader
	words   io.Writer
	cameras camera.Cameras
	folder  *durable.Dir // of what is kept; nil if nobody asked for it
	advice  receive.Advice
}

// begin opens what an earlier run received.
func (r *receiving) begin(f qrReceiveFlags) (err error) {
	keep := receive.Keep{}
	if f.state != "" {
		if r.folder, err = durable.Open(filepath.Dir(f.state)); err != nil {
			return err
		}
		keep = receive.Keep{Folder: r.folder, Name: filepath.Base(f.state)}
	}
	if r.Receiving, err = receive.New(receive.Format(f.format), keep); err != nil {
		return r.ends(keptWrong(err), fmt.Errorf("%w; name another file with --state, or remove this one if an earlier run kept it", err))
	}
	return nil
}

func (r *receiving) close() {
	if r.Receiving != nil {
		_ = r.Close() // every line is synced already
	}
	if r.folder != nil {
		_ = r.folder.Close()
	}
}

// keepFiles writes files that were received into a folder, which is made if it
// is not there.
func keepFiles(out string, m qr.Message) error {
	dir, err := openOrCreate(out)
	if err != nil {
		return err
	}
	defer dir.Close()
	return m.Write(dir)
}
