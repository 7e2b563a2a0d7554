/// Tasks, answer scoring and reports over a Fovea engine.
module dev.fovea.eval {
    requires static transitive org.jspecify;
    requires transitive dev.fovea.engine;

    exports dev.fovea.eval;
    exports dev.fovea.eval.file;
    exports dev.fovea.eval.report;
    exports dev.fovea.eval.run;
    exports dev.fovea.eval.score;
    exports dev.fovea.eval.task;
}
