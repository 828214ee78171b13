package io.saccade.intake;

/** What stores send, in the shape their manuals show. */
final class Notifications {

    private Notifications() {}

    static String s3(String event, String bucket, String key, String version) {
        return "{\"Records\":[" + record(event, bucket, key, version, "d41d8cd98f00b204e9800998ecf8427e") + "]}";
    }

    static String minio(String event, String bucket, String key, String etag) {
        return "{\"EventName\":\"" + event + "\",\"Key\":\"" + bucket + "/" + key + "\",\"Records\":["
                + record(event, bucket, key, "", etag) + "]}";
    }

    static String record(String event, String bucket, String key, String version, String etag) {
        return """
                {"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-central-1","eventTime":"2026-11-21T10:00:00.000Z",
                "eventName":"%s","s3":{"s3SchemaVersion":"1.0","configurationId":"c","bucket":{"name":"%s","arn":"arn:aws:s3:::%s"},
                "object":{"key":"%s","size":1024,"eTag":"%s"%s,"sequencer":"0055AED6DCD90281E5"}}}""".formatted(
                event, bucket, bucket, key, etag, version.isEmpty() ? "" : ",\"versionId\":\"" + version + "\"");
    }

    static String cloudEvent(String data) {
        return "{\"specversion\":\"1.0\",\"id\":\"1\",\"type\":\"com.amazonaws.s3.ObjectCreated:Put\","
                + "\"source\":\"aws:s3.eu-central-1.photos\",\"datacontenttype\":\"application/json\",\"data\":" + data
                + "}";
    }
}
