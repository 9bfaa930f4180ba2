// What TypeScript's library knows only of Workers. Pages and Workers share files here, and it lets one program have one library.

interface FileSystemSyncAccessHandle {
	getSize(): number;
	read(into: AllowSharedBufferSource, options?: { at?: number }): number;
	write(bytes: AllowSharedBufferSource, options?: { at?: number }): number;
	truncate(size: number): void;
	flush(): void;
	close(): void;
}

interface FileSystemFileHandle {
	createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
}

declare class FileReaderSync {
	readAsArrayBuffer(blob: Blob): ArrayBuffer;
}
