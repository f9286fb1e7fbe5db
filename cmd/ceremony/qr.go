package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/keyceremony/ceremony/transfer/receive"
)

func qrCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "qr",
		Short: "Send and receive files as QR codes, from a screen to a camera",
		Long: "qr carries files from one machine to another as a row of QR codes. Any camera in the room sees them: a\n" +
			"private key is refused. Both sides have eight words of the message; the receiver types two of them from\n" +
			"the sender's screen.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(qrSendCommand(), qrReceiveCommand(machineCameras()))
	return c
}

// The kinds of frames.
const (
	formatOwn  = string(receive.KQ1)
	formatUR   = string(receive.UR)
	formatBBQr = string(receive.BBQr)
)

func checkFormat(format string) error {
	switch format {
	case formatOwn, formatUR, formatBBQr:
		return nil
	}
	return misuse("--format %s, wanted %s, %s or %s", format, formatOwn, formatUR, formatBBQr)
}

// frames is what can be shown: a message in any of the formats.
type frames interface {
	Blocks() int
	Frame(i int) string
}

// place says where a frame stands in its stream.
func place(i, blocks int) string {
	switch {
	case blocks == 1:
		return "the only frame"
	case i < blocks:
		return fmt.Sprintf("frame %d of %d", i+1, blocks)
	}
	return fmt.Sprintf("frame %d; any %d will do", i+1, blocks)
}
