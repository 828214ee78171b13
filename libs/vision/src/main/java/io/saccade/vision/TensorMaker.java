package io.saccade.vision;

import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * From a decoded picture to the tensor of one model. Thread-safe; it keeps as many sets of buffers as there were callers at
 * once, so that a picture costs its tensor and next to nothing else.
 */
final class TensorMaker {
    private final Preprocessing preprocessing;
    private final Packer packer;
    // Not a ThreadLocal: each picture may have a virtual thread of its own.
    private final ConcurrentLinkedQueue<Workspace> idle = new ConcurrentLinkedQueue<>();

    private static final class Workspace {
        private final Resampler resampler = new Resampler();
        private byte[] resized = new byte[0];
        private byte[] line = new byte[0];
    }

    TensorMaker(Preprocessing preprocessing) {
        this.preprocessing = preprocessing;
        this.packer = new Packer(preprocessing.output(), preprocessing.size());
    }

    /** The tensor, a new array; the bitmap is only read. */
    byte[] tensor(Bitmap bitmap) {
        Workspace workspace = idle.poll();
        if (workspace == null) {
            workspace = new Workspace();
        }
        try {
            return tensor(bitmap, workspace);
        } finally {
            idle.add(workspace);
        }
    }

    private byte[] tensor(Bitmap bitmap, Workspace workspace) {
        var geometry = Geometry.of(preprocessing, bitmap.width(), bitmap.height());
        Rows rows =
                switch (preprocessing.rgb()) {
                    case AFTER_RESIZE -> Rows.own(bitmap);
                    case BEFORE_RESIZE -> Rows.rgb(bitmap, geometry.margin());
                };
        int size = preprocessing.size();
        var target = geometry.target();
        byte[] tensor = new byte[packer.bytes()];
        workspace.line = workspace.line.length < size * 3 ? new byte[size * 3] : workspace.line;
        if (target.width() < size || target.height() < size) {
            fill(bitmap, workspace.line, tensor);
        }
        if (rows.mode() == PixelMode.RGB && packer.isPlain()) {
            int at = (geometry.top() * size + geometry.left()) * 3;
            workspace.resampler.resize(rows, target, preprocessing.filter(), tensor, at, size * 3);
            return tensor;
        }
        int stride = target.width() * rows.mode().bands();
        int length = target.height() * stride;
        workspace.resized = workspace.resized.length < length ? new byte[length] : workspace.resized;
        workspace.resampler.resize(rows, target, preprocessing.filter(), workspace.resized, 0, stride);
        for (int y = 0; y < target.height(); y++) {
            Colours.toRgb(
                    rows.mode(), bitmap.palette(), workspace.resized, y * stride, workspace.line, 0, target.width());
            packer.pack(workspace.line, 0, tensor, geometry.left(), geometry.top() + y, target.width());
        }
        return tensor;
    }

    /** The whole square; the picture is put over it. */
    private void fill(Bitmap bitmap, byte[] line, byte[] tensor) {
        int size = preprocessing.size();
        if (preprocessing.rgb() == RgbOrder.AFTER_RESIZE) {
            // What samples of zero are in the picture's mode: white for inks, the first colour of a palette.
            var zero = new byte[size * bitmap.mode().bands()];
            Colours.toRgb(bitmap.mode(), bitmap.palette(), zero, 0, line, 0, size);
        } else if (preprocessing.resize() instanceof Resize.LongestEdge(Colour colour)) {
            colour.write(line, 0, size);
        }
        for (int y = 0; y < size; y++) {
            packer.pack(line, 0, tensor, 0, y, size);
        }
    }
}
