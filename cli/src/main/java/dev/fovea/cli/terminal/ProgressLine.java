package dev.fovea.cli.terminal;

import dev.fovea.engine.ProgressListener;
import dev.fovea.engine.Stage;
import java.util.Locale;

/// One line on standard error that says how far a request is; silent where nobody watches.
public final class ProgressLine implements ProgressListener, AutoCloseable {
    private static final int BAR = 24;

    /// Redrawn at most this often; a terminal need not flicker.
    private static final long PAUSE_NANOS = 50_000_000;

    private final Terminal terminal;
    private final boolean decoding;
    private String prefix = "";
    private long drawn = System.nanoTime() - PAUSE_NANOS;
    private boolean visible;

    /// @param decoding whether to show how many tokens are made; not where the answer itself is streamed
    public ProgressLine(Terminal terminal, boolean decoding) {
        this.terminal = terminal;
        this.decoding = decoding;
    }

    /// What the following stages belong to.
    public void about(String what) {
        prefix = what.isEmpty() ? "" : what + "  ";
    }

    @Override
    public void progress(Stage stage, int done, int total) {
        if (stage == Stage.DECODE && !decoding) {
            clear();
        } else {
            draw(
                    switch (stage) {
                        case PREPROCESS, VISION, SELECT -> "looking at image " + (done + 1) + " of " + total;
                        case PREFILL -> "reading the prompt, layer " + (done + 1) + " of " + total;
                        case DECODE -> "answering, token " + done + " of " + total;
                    },
                    total == 0 ? 0 : (double) done / total);
        }
    }

    /// Shows how much of something is done.
    ///
    /// @param share 0 … 1
    public void show(double share, String what) {
        draw(what, share);
    }

    /// Shows something that takes a while.
    public void say(String what) {
        drawn -= PAUSE_NANOS;
        draw(what, -1);
    }

    /// @param share done, or negative where it is unknown
    private void draw(String what, double share) {
        long now = System.nanoTime();
        if (!terminal.shows() || now - drawn < PAUSE_NANOS) {
            return;
        }
        drawn = now;
        visible = true;
        int full = (int) Math.round(share * BAR);
        String bar = share < 0
                ? ""
                : String.format(Locale.ROOT, "%s%s %3.0f %%  ", "━".repeat(full), "╌".repeat(BAR - full), share * 100);
        terminal.err().print("\r\033[2K" + prefix + bar + what);
        terminal.err().flush();
    }

    /// Takes the line away.
    public void clear() {
        if (visible) {
            terminal.err().print("\r\033[2K");
            terminal.err().flush();
            visible = false;
        }
    }

    @Override
    public void close() {
        clear();
    }
}
