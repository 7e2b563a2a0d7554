package dev.fovea.engine;

import dev.fovea.engine.text.Monitor;
import dev.fovea.engine.text.Phase;
import java.util.function.BooleanSupplier;

/// Who looks on while a request runs: what it costs is recorded, how far it is is told, and it may be cancelled.
record Watch(StatsRecorder recorder, ProgressListener listener, BooleanSupplier cancelled) {

    /// Throws when the request is no longer wanted.
    void check() {
        if (cancelled.getAsBoolean()) {
            throw new CancelledException();
        }
    }

    /// The view of one pass.
    Monitor monitor(Phase phase) {
        return (layer, layers) -> {
            check();
            if (phase == Phase.PREFILL) {
                listener.progress(Stage.PREFILL, layer, layers);
            }
        };
    }
}
