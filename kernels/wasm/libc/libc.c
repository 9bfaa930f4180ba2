// The little of a C library that the kernels need in a WASM module, which has none.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The compiler makes single instructions of these (bulk memory), not calls of themselves.
void *memcpy(void *to, const void *from, size_t n) { return __builtin_memmove(to, from, n); }
void *memmove(void *to, const void *from, size_t n) { return __builtin_memmove(to, from, n); }
void *memset(void *to, int byte, size_t n) { return __builtin_memset(to, byte, n); }

int memcmp(const void *a, const void *b, size_t n) {
	const uint8_t *p = a, *q = b;
	for (; n > 0; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

int strcmp(const char *a, const char *b) {
	for (; *a && *a == *b; a++, b++) {
	}
	return (uint8_t)*a - (uint8_t)*b;
}

size_t strlen(const char *s) {
	size_t n = 0;
	for (; s[n]; n++) {
	}
	return n;
}

char *getenv(const char *name) {
	(void)name;
	return NULL;
}

// out is where text goes; what does not fit is counted and dropped.
typedef struct {
	char *to;
	size_t size, length;
} out;

static void put(out *o, char c) {
	if (o->length + 1 < o->size)
		o->to[o->length] = c;
	o->length++;
}

static void put_number(out *o, uint64_t n, int negative) {
	char digits[20];
	int count = 0;
	do
		digits[count++] = (char)('0' + n % 10);
	while (n /= 10);
	if (negative)
		put(o, '-');
	while (count > 0)
		put(o, digits[--count]);
}

int vsnprintf(char *to, size_t size, const char *format, va_list args) {
	out o = {to, size, 0};
	for (const char *f = format; *f; f++) {
		if (*f != '%') {
			put(&o, *f);
			continue;
		}
		size_t most = SIZE_MAX;
		if (*++f == '.')
			for (most = 0, f++; *f >= '0' && *f <= '9'; f++)
				most = most * 10 + (size_t)(*f - '0');
		int wide = 0;
		for (; *f == 'l' || *f == 'z'; f++)
			wide += *f == 'l' ? 1 : (int)sizeof(size_t) / 4 - 1;
		switch (*f) {
		case 's':
			for (const char *s = va_arg(args, const char *); *s && most > 0; s++, most--)
				put(&o, *s);
			break;
		case 'd': {
			int64_t n = wide > 1 ? va_arg(args, long long) : wide ? va_arg(args, long) : va_arg(args, int);
			put_number(&o, n < 0 ? -(uint64_t)n : (uint64_t)n, n < 0);
			break;
		}
		case 'u': put_number(&o, wide > 1 ? va_arg(args, unsigned long long) : wide ? va_arg(args, unsigned long) : va_arg(args, unsigned), 0); break;
		case 0: f--; break;
		default: put(&o, *f);
		}
	}
	if (size > 0)
		to[o.length < size ? o.length : size - 1] = 0;
	return (int)o.length;
}
