package io.saccade.vision;

import javax.imageio.stream.ImageInputStreamImpl;

/** {@link Pieces} as ImageIO reads them: no cache, no copy, no temporary file, and no patience without end. */
final class PiecesImageInput extends ImageInputStreamImpl {
    private final Pieces pieces;
    private final Patience patience;
    private int piece;

    PiecesImageInput(Pieces pieces, Patience patience) {
        this.pieces = pieces;
        this.patience = patience;
    }

    @Override
    public int read() {
        bitOffset = 0;
        if (streamPos >= pieces.size()) {
            return -1;
        }
        piece = pieces.pieceAt((int) streamPos, piece);
        byte[] one = new byte[1];
        streamPos += pieces.read((int) streamPos, piece, one, 0, 1);
        return one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int most) {
        bitOffset = 0;
        patience.check();
        if (most == 0) {
            return 0;
        }
        if (streamPos >= pieces.size()) {
            return -1;
        }
        // All of it, across pieces: ImageIO takes less for the end of the file.
        int done = 0;
        while (done < most && streamPos < pieces.size()) {
            piece = pieces.pieceAt((int) streamPos, piece);
            int read = pieces.read((int) streamPos, piece, into, offset + done, most - done);
            streamPos += read;
            done += read;
        }
        return done;
    }

    @Override
    public long length() {
        return pieces.size();
    }
}
