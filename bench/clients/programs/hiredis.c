/* hiredis' example.c without lists: PING, SET, binary-safe SET, INCR, a pipeline, MULTI and EXEC. */
#include <assert.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#undef NDEBUG

int main(void) {
	redisContext *c = redisConnect("127.0.0.1", atoi(getenv("REDIS_PORT")));
	assert(c != NULL && c->err == 0);
	redisReply *reply = redisCommand(c, "PING");
	assert(strcmp(reply->str, "PONG") == 0);
	freeReplyObject(reply);
	reply = redisCommand(c, "SET %s %s", "foo", "hello world");
	assert(strcmp(reply->str, "OK") == 0);
	freeReplyObject(reply);
	reply = redisCommand(c, "SET %b %b", "bar", (size_t)3, "hel\0o", (size_t)5);
	assert(strcmp(reply->str, "OK") == 0);
	freeReplyObject(reply);
	reply = redisCommand(c, "GET bar");
	assert(reply->len == 5 && memcmp(reply->str, "hel\0o", 5) == 0);
	freeReplyObject(reply);
	for (int count = 1; count <= 2; count++) {
		reply = redisCommand(c, "INCR counter");
		assert(reply->integer == count);
		freeReplyObject(reply);
	}
	redisAppendCommand(c, "MULTI");
	redisAppendCommand(c, "SET foo %s", "bar");
	redisAppendCommand(c, "GET foo");
	redisAppendCommand(c, "EXEC");
	for (int place = 0; place < 4; place++) {
		assert(redisGetReply(c, (void **)&reply) == REDIS_OK);
		if (place == 3) assert(reply->elements == 2 && strcmp(reply->element[1]->str, "bar") == 0);
		freeReplyObject(reply);
	}
	redisFree(c);
	return 0;
}
