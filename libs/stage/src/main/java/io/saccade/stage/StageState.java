package io.saccade.stage;

/** Where a stage stands, for people and probes. */
sealed interface StageState {

    /** Whether records flow. */
    boolean ready();

    /** One sentence. */
    String sentence();

    /** The model server or the model is not there yet. */
    record WaitingForModel(String sentence) implements StageState {
        @Override
        public boolean ready() {
            return false;
        }
    }

    /** The model is there, Kafka or its topics are not yet. */
    record WaitingForKafka(String sentence) implements StageState {
        @Override
        public boolean ready() {
            return false;
        }
    }

    /** The model is there, the consumer group is not joined yet. */
    record Joining() implements StageState {
        @Override
        public boolean ready() {
            return false;
        }

        @Override
        public String sentence() {
            return "joining the consumer group; if this lasts, check saccade.kafka.bootstrap-servers and that the topics exist";
        }
    }

    /** Records flow. */
    record Running() implements StageState {
        @Override
        public boolean ready() {
            return true;
        }

        @Override
        public String sentence() {
            return "running";
        }
    }

    /** It will not recover; the process ends. */
    record Broken(String sentence) implements StageState {
        @Override
        public boolean ready() {
            return false;
        }
    }
}
